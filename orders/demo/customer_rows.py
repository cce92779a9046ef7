"""Rows of users, customers, their addresses and labels, in chunks; and who could order at a given time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from accounts.models import user_text
from customers.models import searchable
from orders.demo.business_rows import COMPANIES
from orders.demo.catalogue import LABELS
from orders.demo.people import People, Person, Place, ascii_name, mix
from orders.demo.timeline import DOCUMENT_FIRST, DOCUMENT_SECOND, DOCUMENT_SINCE, Timeline
from orders.demo.writing import Row, moment

FIXED_IDS = (1, 2, 3, 123, 456)
# The documents' error examples ask for customer and order 999 and find none.
ABSENT_ID = 999
FIXED_SINCE = dict.fromkeys(FIXED_IDS, DOCUMENT_FIRST) | {456: DOCUMENT_SINCE}
ATTACHABLE_USERS = 40
# Persons behind users who never bought: numbers that no customer has.
USERS_FROM = 1 << 40
DOCUMENT_USERS = {
    1: ("johndoe", "john@example.com", "John", "Doe"),
    2: ("janesmith", "jane@example.com", "Jane", "Smith"),
}
# The B2B document's own words about customer 456.
FIXED_NOTES = {456: "High-value customer with consistent orders"}
NOTES = ("Prefers e-mail to the phone.", "Asked for an offer for twenty pieces.", "Met at the spring fair.")

USER_FIELDS = "id password login login_key email email_key first_name last_name display_name registered_at search_text"
CUSTOMER_FIELDS = (
    "id user_id email email_key first_name last_name phone status notes country state city postcode uuid"
    " search_text created_at updated_at"
)
ADDRESS_FIELDS = (
    "id customer_id type is_primary label name email phone address_1 address_2 city state postcode country"
    " created_at updated_at"
)
LABEL_FIELDS = "id value created_at"
CARRIED_FIELDS = "id customer_id label_id"


class CustomerRows(NamedTuple):
    """Rows of one chunk of customers, one list a table, users first."""

    users: list[Row]
    customers: list[Row]
    addresses: list[Row]
    labels: list[Row]


def user_row(user_id: int, login: str, email: str, names: tuple[str, str], since: int) -> Row:
    """A row of USER_FIELDS for somebody without a role, who cannot sign in: "!" marks a password that none matches."""
    keys = (login, login.casefold(), email, email.casefold())
    shown = f"{names[0]} {names[1]}"
    return (user_id, "!", *keys, *names, shown, moment(since), user_text(shown, login, email))


class Customers:
    """The customers of a demo shop: the documents' five, and as many others as make up the count."""

    def __init__(self, *, count: int, people: People, timeline: Timeline) -> None:
        self.people = people
        self.timeline = timeline
        self.count = max(count, len(FIXED_IDS))
        self.other_count = self.count - len(FIXED_IDS)
        self.known = 0  # how many of the others have come by the time that `at` was last asked about

    def other_id(self, index: int) -> int:
        """The id of the n-th customer who is not one of the documents': 4, 5, ... without 123, 456 and 999."""
        number = index + 4
        number += number >= 123
        number += number >= 456
        return number + (number >= ABSENT_ID)

    def at(self, when: int, dice: float) -> int:
        """Who orders at a time; earlier customers do so more often. Times must not go back.

        Customer 1 orders only what the documents say.
        """
        timeline, others = self.timeline, self.other_count
        while self.known < others and timeline.customer_time(self.known, others) <= when:
            self.known += 1
        choice = int((self.known + len(FIXED_IDS) - 1) * dice**1.25)
        return FIXED_IDS[choice + 1] if choice < len(FIXED_IDS) - 1 else self.other_id(choice - len(FIXED_IDS) + 1)

    def ids(self) -> Iterator[tuple[int, int]]:
        """Every customer's id and since when, customer 1 first."""
        for fixed in FIXED_IDS:
            yield fixed, FIXED_SINCE[fixed]
        for index in range(self.other_count):
            yield self.other_id(index), self.timeline.customer_time(index, self.other_count)

    def attachable_users(self) -> list[Row]:
        """Users without a customer, the attachable-user sample's two first."""
        rows = []
        for user_id in range(1, ATTACHABLE_USERS + 1):
            person = self.people.get(USERS_FROM + user_id)
            login = f"{ascii_name(person.first_name)}{ascii_name(person.last_name)}{user_id}"
            made_up = (login, f"{login}@example.net", person.first_name, person.last_name)
            login, email, *names = DOCUMENT_USERS.get(user_id, made_up)
            rows.append(user_row(user_id, login, email, (names[0], names[1]), DOCUMENT_FIRST + user_id))
        return rows

    def label_rows(self) -> list[Row]:
        """Rows of LABEL_FIELDS."""
        return [(number, value, moment(DOCUMENT_FIRST)) for number, value in enumerate(LABELS, start=1)]

    def chunks(self, size: int) -> Iterator[CustomerRows]:
        """All rows, so many customers at a time."""
        chunk = CustomerRows(self.attachable_users(), [], [], [])
        users, addresses, carried = ATTACHABLE_USERS, 0, 0
        for customer_id, since in self.ids():
            person, bits = self.people.get(customer_id), self.people.bits(customer_id, 3)
            user_id = None
            if customer_id not in FIXED_IDS and bits % 4 == 0:
                users += 1
                user_id = users
                chunk.users.append(self._user(user_id, person, since))
            chunk.customers.append(self._customer(person, bits, user_id, since))
            for address in self._addresses(person, bits, since):
                addresses += 1
                chunk.addresses.append((addresses, *address))
            for label_id in self._label_ids(customer_id, bits):
                carried += 1
                chunk.labels.append((carried, customer_id, label_id))
            if len(chunk.customers) >= size:
                yield chunk
                chunk = CustomerRows([], [], [], [])
        yield chunk

    def _user(self, user_id: int, person: Person, since: int) -> Row:
        login = person.email.partition("@")[0]
        return user_row(user_id, login, person.email, (person.first_name, person.last_name), since)

    def _customer(self, person: Person, bits: int, user_id: int | None, since: int) -> Row:
        first_name, last_name, home = person.first_name, person.last_name, person.home
        is_made_up = person.id not in FIXED_IDS
        note = NOTES[(bits >> 16) % len(NOTES)]
        updated = DOCUMENT_SECOND if person.id == 1 else since
        return (
            person.id,
            user_id,
            person.email,
            person.email.casefold(),
            first_name,
            last_name,
            person.phone,
            "inactive" if is_made_up and (bits >> 8) % 25 == 0 else "active",
            note if is_made_up and (bits >> 24) % 12 == 0 else FIXED_NOTES.get(person.id, ""),
            home.country,
            home.state,
            home.city,
            home.postcode,
            f"{bits:016x}{mix(bits):016x}",
            searchable(
                first_name=first_name,
                last_name=last_name,
                email=person.email,
                company_name=COMPANIES.get(person.id, ""),
            ),
            moment(since),
            moment(updated),
        )

    def _addresses(self, person: Person, bits: int, since: int) -> list[Row]:
        """Rows of ADDRESS_FIELDS without the id: home, perhaps an office, and the other place when there is one."""
        found = [self._address(person, "billing", True, "Home", person.home, since)]
        if person.id == 1:
            office = Place("456 Oak Ave", "", "Brooklyn", "NY", "11201", "US")
            found.append(self._address(person, "shipping", False, "Work", office, since))
        elif (bits >> 32) % 8 == 0:
            office = person.home._replace(address_1="1 Exchange Square", address_2="Reception")
            found.append(self._address(person, "billing", False, "Work", office, since))
        if person.shipping:
            found.append(self._address(person, "shipping", True, "Delivery", person.shipping, since))
        return found

    @staticmethod
    def _address(person: Person, kind: str, is_primary: bool, label: str, place: Place, since: int) -> Row:
        who = (person.full_name, person.email, person.phone)
        when = moment(since)
        return (person.id, kind, is_primary, label, *who, *place, when, when)

    @staticmethod
    def _label_ids(customer_id: int, bits: int) -> tuple[int, ...]:
        if customer_id == 1:
            return (1, 2, 3)
        return ((bits >> 40) % len(LABELS) + 1,) if (bits >> 44) % 6 == 0 else ()
