"""Business accounts: a customer with a profile, its places and contacts, written as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils import timezone

from customers.errors import FieldSentences, refuse
from customers.models import AddressType, BusinessProfile, Customer, CustomerAddress, searchable
from customers.services import addresses, contacts
from customers.services.checks import email_errors, required, text_errors
from customers.services.contacts import ContactFields
from customers.services.customers import create_customer, update_customer
from customers.services.fields import split_name
from customers.services.locking import lock_customer
from fluentcart.errors import InvalidFields
from fluentcart.history.models import Verb
from fluentcart.history.record import record, together
from fluentcart.history.tracking import remember
from fluentcart.money import is_currency
from fluentcart.storable import ID_MAX

PROFILE_TEXTS = ("company_name", "fax", "website", "tax_id", "payment_terms", "currency", "preferred_shipping")
PROFILE_NUMBERS = ("credit_limit_cents", "discount_rate_basis_points")
CUSTOMER_FIELDS = ("email", "phone", "status", "notes")
PLACES = {f"{kind.value}_address": kind.value for kind in AddressType}
CREDIT_LIMIT_CENTS_MAX = 10**15

is_url = URLValidator(schemes=["http", "https"])


class PlaceFields(TypedDict, total=False):
    """An address without the name on it."""

    address_1: str
    address_2: str
    city: str
    state: str
    postcode: str
    country: str


class BusinessFields(TypedDict, total=False):
    """What an account may have besides its name and e-mail address."""

    phone: str
    status: str
    notes: str
    fax: str
    website: str
    tax_id: str
    payment_terms: str
    currency: str
    credit_limit_cents: int
    discount_rate_basis_points: int
    preferred_shipping: str
    billing_address: PlaceFields
    shipping_address: PlaceFields


class BusinessChanges(BusinessFields, total=False):
    """What `update_business` changes; what is left out stays."""

    email: str
    company_name: str


@transaction.atomic
def create_business(
    *,
    email: str,
    company_name: str,
    contact_rows: Sequence[ContactFields] = (),
    may_link_staff: bool = False,
    **fields: Unpack[BusinessFields],
) -> Customer:
    """Store a new business account: a customer with profile, contacts and primary addresses, or nothing.

    Args:
        email: unique among customers, in any case.
        company_name: the name of the account. The customer's own first and last name are those of the primary
            contact, or the company's name when there is no contact (semantics 10.6).
        contact_rows: contacts; at most one primary, the first one when none is.
        may_link_staff: whether a user who holds a role and has this e-mail address is linked.
        fields: phone, status, notes, the columns of the profile (`credit_limit_cents` in minor units of
            `currency`, `discount_rate_basis_points` from 0 to 10000), `billing_address`, `shipping_address`.

    Raises:
        InvalidFields: everything that is wrong with the fields, at once; also when the address is taken.

    Source: B2B document, "POST /api/customers"; semantics 10.2, 10.6.
    """
    given: dict[str, Any] = {**fields, "company_name": company_name}
    own = {field: given[field] for field in CUSTOMER_FIELDS if field in given}
    profile = BusinessProfile()
    errors = apply_profile(profile, given)
    errors |= email_errors(email) | text_errors(Customer, own) | contacts.first_contacts_errors(contact_rows)
    for name in PLACES.keys() & given.keys():
        place = {"name": company_name or email, **given[name]}
        errors |= _under(name, addresses.address_errors(CustomerAddress(), place))
    refuse(errors)
    first_name, last_name = _person(profile, contact_rows)
    own |= {"first_name": first_name, "last_name": last_name}
    with together():
        customer = create_customer(email=email, **own, may_link_staff=may_link_staff)
        profile.customer = customer
        profile.customer_since = profile.created_at = profile.updated_at = customer.created_at
        profile.save(force_insert=True)
        record(Verb.BUSINESS_CREATED, profile)
        contacts.add_first_contacts(customer, contact_rows)
        write_places(customer, profile, given)
    return _index(customer, profile)


def _person(profile: BusinessProfile, contact_rows: Sequence[ContactFields]) -> tuple[str, str]:
    """First and last name of the customer that an account is to the other dialects (semantics 10.6)."""
    primary = contacts.primary_of(contact_rows)
    return split_name(primary["name"]) if primary else (profile.company_name, "")


@transaction.atomic
def update_business(*, customer_id: int, **changes: Unpack[BusinessChanges]) -> Customer:
    """Change what is given of a business account and keep the rest.

    Args:
        customer_id: primary key of a customer; one without a profile gets it with the first field of it.
        changes: as for `create_business`. An address merges into the primary one of its type. A name that
            the customer only has from the company follows the company's. The person's own name, sent back
            as `company_name` where there is no company, makes none.

    Raises:
        CustomerNotFound: no such customer.
        InvalidFields: everything that is wrong with the fields, at once, judged after the change; also when
            the currency changes and the limit, which is an amount of the old one, is not said anew.

    Locks the customer. Call `orders.services.business.update_business`, which also knows about open orders.
    Source: B2B document, "PUT /api/customers/:id"; semantics 10.6; decisions, "The wire".
    """
    customer = lock_customer(customer_id)
    profile = profile_of(customer)
    given = _without_own_name(customer, profile, changes)
    own = {field: given[field] for field in CUSTOMER_FIELDS if field in given}
    is_named_after_company = (customer.first_name, customer.last_name) == (profile.company_name, "")
    errors = apply_profile(profile, given)
    if "company_name" in given and is_named_after_company and "company_name" not in errors:
        own["first_name"] = profile.company_name
    with together():
        with gathered(errors):
            customer = update_customer(customer_id=customer_id, **own)
        write_places(customer, profile, given, errors)
        refuse(errors)
        if {*PROFILE_TEXTS, *PROFILE_NUMBERS} & given.keys():
            _save_profile(profile, customer)
    return _index(customer, profile)


def _save_profile(profile: BusinessProfile, customer: Customer) -> None:
    """Write a profile with the moment of its customer's last change; one that was not there is made."""
    verb = Verb.BUSINESS_CREATED if profile._state.adding else Verb.BUSINESS_UPDATED
    profile.customer, profile.updated_at = customer, customer.updated_at
    profile.save()
    record(verb, profile)


def _without_own_name(customer: Customer, profile: BusinessProfile, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes, without the name when it is the person's: a whole object that is sent back names no company."""
    given = {**changes}
    if not profile.company_name and given.get("company_name") == customer.full_name:
        del given["company_name"]
    return given


def profile_of(customer: Customer) -> BusinessProfile:
    """The customer's profile, or one with the defaults that is not stored."""
    if BusinessProfile.customer.field.remote_field.is_cached(customer):  # read together with the customer
        found = getattr(customer, "profile", None)
    else:
        found = BusinessProfile.objects.filter(pk=customer.pk).first()
    return remember(found) if found else BusinessProfile(customer=customer, customer_since=customer.created_at)


def currency_of(*, customer_id: int) -> str:
    """The currency of an account, that of the shop for a customer without a profile."""
    # The key is a foreign key, of which Django does not know that SQLite cannot compare what it cannot hold.
    profiles = BusinessProfile.objects.filter(pk=min(customer_id, ID_MAX))
    found = profiles.values_list("currency", flat=True).first()
    return found or str(BusinessProfile._meta.get_field("currency").get_default())


def apply_profile(profile: BusinessProfile, changes: Mapping[str, Any]) -> FieldSentences:
    """Set changes on a profile without saving. Returns what is wrong with them."""
    texts = {field: changes[field] for field in PROFILE_TEXTS if field in changes}
    errors = text_errors(BusinessProfile, texts)
    former_currency, had_limit = profile.currency, profile.credit_limit_cents > 0
    for field in texts.keys() - errors.keys():
        setattr(profile, field, texts[field].strip())
    profile.company_name = " ".join(profile.company_name.split())
    for field in PROFILE_NUMBERS:
        setattr(profile, field, changes.get(field, getattr(profile, field)))
    if profile.currency != former_currency and had_limit and "credit_limit_cents" not in changes:
        errors["credit_limit_cents"] = [f"The limit is in {former_currency}: say it anew in {profile.currency}."]
    if "company_name" in changes and not profile.company_name:
        errors.setdefault("company_name", [required("name")])
    return _profile_errors(profile) | errors


def _profile_errors(profile: BusinessProfile) -> FieldSentences:
    errors: FieldSentences = {}
    if not is_currency(profile.currency):
        errors["currency"] = ["Currency must be an ISO 4217 code, such as USD."]
    if not 0 <= profile.credit_limit_cents <= CREDIT_LIMIT_CENTS_MAX:
        errors["credit_limit_cents"] = ["Credit limit must not be negative, nor beyond what can be stored."]
    if not 0 <= profile.discount_rate_basis_points <= BusinessProfile.DISCOUNT_BASIS_POINTS_MAX:
        errors["discount_rate_basis_points"] = ["Discount rate must be from 0 to 100."]
    if profile.website:
        try:
            is_url(profile.website)
        except ValidationError:
            errors["website"] = ["Website must be an address that begins with http:// or https://."]
    return errors


_NEEDED_OF_PLACES = ("address_1", "city", "country")
# What an address's name holds; a first and a last name together may be longer.
NAME_CHARS_MAX = 255


def write_places(
    customer: Customer, profile: BusinessProfile, fields: Mapping[str, Any], errors: FieldSentences | None = None
) -> None:
    """Merge `billing_address` and `shipping_address` into the customer's primary addresses, or make them.

    Args:
        errors: gets what is wrong, under the address's name; without it that is raised.
    """
    found: FieldSentences = {} if errors is None else errors
    for name, kind in PLACES.items():
        if name not in fields:
            continue
        primary = CustomerAddress.objects.filter(customer=customer, type=kind, is_primary=True).first()
        with gathered(found, name):
            if primary:
                addresses.update_address(customer_id=customer.pk, address_id=primary.pk, **fields[name])
            else:
                name_on_it = (profile.company_name or customer.full_name)[:NAME_CHARS_MAX]
                place = {"name": name_on_it, **dict.fromkeys(_NEEDED_OF_PLACES, "")}
                place |= {"company_name": profile.company_name, **fields[name]}
                addresses.create_address(customer_id=customer.pk, type=kind, is_primary=True, **place)
    if errors is None:
        refuse(found)


@contextmanager
def gathered(errors: FieldSentences, prefix: str = "") -> Iterator[None]:
    """Add what a step refuses to `errors`, so that the next step can say what it thinks too."""
    try:
        yield
    except InvalidFields as refusal:
        errors |= _under(prefix, refusal.fields)


def _under(prefix: str, found: Mapping[str, Any]) -> FieldSentences:
    return {f"{prefix}.{field}" if prefix else field: sentences for field, sentences in found.items()}


def _index(customer: Customer, profile: BusinessProfile) -> Customer:
    """Have searches find the customer by the company's name as well."""
    text = searchable(
        first_name=customer.first_name,
        last_name=customer.last_name,
        email=customer.email,
        company_name=profile.company_name,
    )
    if text != customer.search_text:
        customer.search_text = text
        customer.updated_at = timezone.now()
        customer.save(update_fields=["search_text", "updated_at"])
    return customer
