"""Who the demo's customers are: a person follows from the seed and an id alone, so that none need be kept."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import NamedTuple

from orders.demo.places import COUNTRIES, Country

MASK = (1 << 64) - 1
DOMAINS = ("example.com", "example.org", "example.net")
UNITS = ("Apt 4B", "Suite 210", "Floor 3", "Unit 7")
# One entry for every one of a hundred customers.
BY_SHARE = tuple(country for country in COUNTRIES for _ in range(country.share))
LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "'": "", " ": ""})


class Place(NamedTuple):
    """A postal address without the name on it."""

    address_1: str
    address_2: str
    city: str
    state: str
    postcode: str
    country: str


class Person(NamedTuple):
    """A customer to be. `shipping` is their other place, where things go when it is not home."""

    id: int
    first_name: str
    last_name: str
    email: str
    phone: str
    home: Place
    shipping: Place | None

    @property
    def full_name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


DOCUMENT_HOME = Place("123 Main St", "", "New York", "NY", "10001", "US")
# The people whom the documents name; the e-mail addresses that they redact are ours.
DOCUMENT_PEOPLE = {
    1: Person(
        1,
        "John",
        "Doe",
        "customer@example.com",
        "+1234567890",
        DOCUMENT_HOME,
        Place("789 Pine St", "", "Queens", "NY", "11301", "US"),
    ),
    123: Person(123, "John", "Doe", "john.doe@example.com", "+1234567123", DOCUMENT_HOME, DOCUMENT_HOME),
    456: Person(
        456,
        "Alice",
        "Johnson",
        "alice.johnson@example.com",
        "+1-555-0456",
        Place("456 Customer Blvd", "Floor 3", "Customer City", "NY", "10001", "US"),
        Place("456 Customer Blvd", "", "Customer City", "NY", "10001", "US"),
    ),
}


def mix(number: int) -> int:
    """64 well-stirred bits from any whole number (splitmix64); no state, and far cheaper than seeding a generator."""
    number = (number + 0x9E3779B97F4A7C15) & MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & MASK
    return number ^ (number >> 31)


@lru_cache(maxsize=4096)
def ascii_name(name: str) -> str:
    """A name as it stands in an e-mail address: ("Jürgen") -> "jurgen"."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(LETTERS))
    return plain.encode("ascii", "ignore").decode()


def place_in(country: Country, bits: int) -> Place:
    """An address of a country, picked by 40 bits or more."""
    bits, number = divmod(bits, 240)
    bits, street = divmod(bits, len(country.streets))
    bits, city = divmod(bits, len(country.cities))
    bits, unit = divmod(bits, 20)
    name, state, postcode = country.cities[city]
    address_1 = country.street_format.format(street=country.streets[street], number=number + 1)
    return Place(address_1, UNITS[unit] if unit < len(UNITS) else "", name, state, postcode, country.code)


class People:
    """Every person of a demo shop, by id."""

    def __init__(self, seed: int) -> None:
        self.salt = mix(seed)
        # Orders come back to the same customers; a bounded cache keeps memory constant at any size.
        self.get = lru_cache(maxsize=50_000)(self._make)

    def bits(self, person_id: int, purpose: int = 0) -> int:
        """64 bits that belong to a person and a purpose."""
        return mix(self.salt + person_id * 8 + purpose)

    def _make(self, person_id: int) -> Person:
        if person_id in DOCUMENT_PEOPLE:
            return DOCUMENT_PEOPLE[person_id]
        bits, share = divmod(self.bits(person_id), len(BY_SHARE))
        country = BY_SHARE[share]
        bits, first = divmod(bits, len(country.first_names))
        bits, last = divmod(bits, len(country.last_names))
        bits, domain = divmod(bits, len(DOMAINS))
        bits, number = divmod(bits, 10_000_000)
        first_name, last_name = country.first_names[first], country.last_names[last]
        has_other_place = bits % 10 < 4
        return Person(
            person_id,
            first_name,
            last_name,
            f"{ascii_name(first_name)}.{ascii_name(last_name)}{person_id}@{DOMAINS[domain]}",
            f"{country.dial}555{number:07d}",
            place_in(country, self.bits(person_id, 1)),
            place_in(country, self.bits(person_id, 2)) if has_other_place else None,
        )
