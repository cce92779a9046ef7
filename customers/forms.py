"""The admin's forms for customers and what belongs to them: values in, keyword arguments of the services out."""

from __future__ import annotations

from typing import Any

from django import forms

from customers.models import BusinessProfile, Contact, Customer, CustomerAddress, Label
from fluentcart.admin import MoneyField, ServiceForm
from fluentcart.money import is_currency

TEXTS = ("email", "first_name", "last_name", "phone", "status", "notes", "country", "state", "city", "postcode")


class CustomerForm(ServiceForm):
    """A customer's own fields, the linked user, the labels."""

    first_name = forms.CharField(max_length=255)
    labels = forms.ModelMultipleChoiceField(
        Label.objects.order_by("value"), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Customer
        fields = (*TEXTS, "user", "additional_info")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "labels" in self.fields and self.instance.pk:
            self.initial["labels"] = list(self.instance.customer_labels.values_list("label_id", flat=True))

    def clean_additional_info(self) -> dict[str, Any]:
        """An object; nothing typed is an empty one."""
        info = self.cleaned_data["additional_info"] or {}
        if not isinstance(info, dict):
            raise forms.ValidationError('Enter an object: {"key": "value"}.')
        return info

    @property
    def user_id(self) -> int | None:
        """The user to link; None for none."""
        user = self.cleaned_data.get("user")
        return user.pk if user else None

    def new_values(self) -> dict[str, Any]:
        """What `create_customer` takes."""
        texts = {field: str(self.cleaned_data[field]) for field in TEXTS}
        return texts | {"user_id": self.user_id, "additional_info": self.cleaned_data["additional_info"]}

    def changes(self) -> dict[str, Any]:
        """What `update_customer` takes: only what was changed in the form."""
        changed: dict[str, Any] = {
            field: str(self.cleaned_data[field]) for field in TEXTS if field in self.changed_data
        }
        if "additional_info" in self.changed_data:
            # The service merges; a key that was taken out of the text is removed by a None.
            removed = dict.fromkeys(self.initial["additional_info"])
            changed["additional_info"] = removed | self.cleaned_data["additional_info"]
        if "user" in self.changed_data and self.user_id:
            changed["user_id"] = self.user_id
        return changed

    @property
    def detaches_user(self) -> bool:
        """Whether the user that was linked is taken away, or another one takes the place."""
        return "user" in self.changed_data and bool(self.initial.get("user"))

    @property
    def label_ids(self) -> list[int] | None:
        """All labels of the customer; None when they were not changed."""
        if "labels" not in self.changed_data:
            return None
        return [label.pk for label in self.cleaned_data["labels"]]


class PartForm(ServiceForm):
    """Something that belongs to one customer and is written by services of its own."""

    def values(self, *, only_changed: bool) -> dict[str, Any]:
        """What the services take, the customer left out."""
        names = self.changed_data if only_changed else list(self.cleaned_data)
        kept = {name: self.cleaned_data[name] for name in names if name != "customer"}
        return {name: value if isinstance(value, bool | int) else str(value) for name, value in kept.items()}


class AddressForm(PartForm):
    """An address; what its country requires is the service's rule."""

    class Meta:
        model = CustomerAddress
        fields = (
            "customer", "type", "is_primary", "label", "name", "email", "phone", "company_name",
            "address_1", "address_2", "city", "state", "postcode", "country",
        )  # fmt: skip

    def _get_validation_exclusions(self) -> set[str]:
        """Leave the constraint of one primary per type to the service, which takes the place from the other one."""
        return {*super()._get_validation_exclusions(), "type"}  # type: ignore[misc]


class ContactForm(PartForm):
    """A person to talk to."""

    class Meta:
        model = Contact
        fields = ("customer", "name", "title", "email", "phone", "is_primary")

    def _get_validation_exclusions(self) -> set[str]:
        """Leave the constraint of one primary contact to the service, which takes the place from the other one."""
        return {*super()._get_validation_exclusions(), "customer"}  # type: ignore[misc]


class PercentField(forms.DecimalField):
    """A rate typed and shown in percent ("2.5"); its value is whole basis points."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=100, decimal_places=2, **options)

    def prepare_value(self, value: Any) -> Any:
        """Basis points as percent; what was typed stays as it was typed."""
        return f"{value / 100:g}" if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        """Basis points; None when nothing was typed."""
        percent = super().clean(value)
        return None if percent is None else int(percent * 100)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether another rate was typed than was shown."""
        return super().has_changed(self.prepare_value(initial), data)


class BusinessForm(PartForm):
    """The business side of a customer; the credit limit is in the currency beside it."""

    discount_rate_basis_points = PercentField(label="Discount rate", initial=0, help_text="In percent, up to 100.")

    class Meta:
        model = BusinessProfile
        # The website is the admin's to add, which knows the scheme to assume.
        fields = ("customer", "company_name", "fax", "tax_id", "payment_terms", "currency", "preferred_shipping")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "credit_limit_cents" not in self.fields:
            return  # for those who may only look
        typed = str(self.data.get(self.add_prefix("currency"), "")).strip().upper()
        currency = typed if is_currency(typed) else self.instance.currency
        self.fields["credit_limit_cents"] = MoneyField(currency=currency, label="Credit limit", initial=0)

    def clean_currency(self) -> str:
        """The code in upper case; whether there is such a currency is the service's rule."""
        return str(self.cleaned_data["currency"]).upper()

    def values(self, *, only_changed: bool) -> dict[str, Any]:
        """As for every part; a limit that stands beside another currency than before is meant in that one."""
        found = super().values(only_changed=only_changed)
        if "currency" in found:
            found["credit_limit_cents"] = self.cleaned_data["credit_limit_cents"]
        return found
