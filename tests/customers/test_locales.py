"""Which countries need a state or a postcode, and which states are known."""

from __future__ import annotations

import pycountry
import pytest

from customers import locales
from customers.states import ISO_CODES, OTHER_CODES, words

LISTED = words(
    "AF AL AO AR AU BD BG BJ BO BR CA CH CL CN CO CR DE DO DZ EC EG ES GH GR GT HK HN HR HU ID IE IN IR IT JM JP KE KN "
    "LA LR MA MD MX MY MZ NA NG NI NP NZ PA PE PH PK PY RO RS SN SV TH TR TZ UA UG UM US UY VE ZA ZM"
)
# United States territories are countries of their own in an address; Italy's regions have no provinces' letters.
LEFT_OUT = {"US": {"AS", "GU", "MP", "PR", "UM", "VI"}, "IT": {"23"}}


def test_the_seventy_countries_of_the_rules_have_a_list():
    assert sorted({*ISO_CODES, *OTHER_CODES}) == sorted(LISTED)
    assert len(LISTED) == 70
    assert len(locales.STATE_OPTIONAL) == 56
    assert len(locales.POSTCODE_OPTIONAL) == 25


@pytest.mark.parametrize("country", sorted(ISO_CODES))
def test_the_table_is_what_iso_3166_2_says(country):
    subdivisions = pycountry.subdivisions.get(country_code=country)
    parents = {subdivision.parent_code for subdivision in subdivisions}
    leaves = {subdivision.code[3:] for subdivision in subdivisions if subdivision.code not in parents}

    assert set(ISO_CODES[country].split()) == leaves - LEFT_OUT.get(country, set())


@pytest.mark.parametrize(
    ("country", "given", "stored"),
    [
        ("US", "ny", "NY"),
        ("US", "US-NY", "NY"),
        ("US", "AE", "AE"),
        ("JP", "jp13", "JP13"),
        ("JP", "JP-13", "JP13"),
        ("BD", "BD-05", "BD-05"),
        ("BD", "05", "BD-05"),
        ("IT", "mi", "MI"),
        ("DE", "BY", "DE-BY"),
        ("IN", "IN", "IN"),
        ("HK", "kowloon", "KOWLOON"),
        ("FR", " idf ", "IDF"),
    ],
)
def test_a_state_is_stored_in_one_spelling(country, given, stored):
    assert locales.tidy_state(country, given) == stored


def test_the_united_states_are_fifty_the_capital_and_the_forces():
    assert len(locales.state_codes("US")) == 54
    assert len(locales.state_codes("JP")) == 47


@pytest.mark.parametrize(
    ("country", "state", "postcode", "fields"),
    [
        ("US", "NY", "10001", {}),
        ("US", "", "10001", {"state": ["State field is required."]}),
        ("US", "NY", "", {"postcode": ["Postcode field is required."]}),
        ("US", "PR", "00901", {"state": ["PR is not a known state of US."]}),
        ("US", "", "", {"state": ["State field is required."], "postcode": ["Postcode field is required."]}),
        ("DE", "", "10115", {}),
        ("DE", "DE-XX", "10115", {"state": ["DE-XX is not a known state of DE."]}),
        ("GB", "ANYTHING", "SW1A 1AA", {}),
        ("AM", "", "0010", {}),
        ("NG", "LA", "", {}),
        ("AE", "", "", {}),
        ("XX", "NY", "1", {"country": ["XX is not a known country code."]}),
        ("", "", "", {"country": ["Country field is required."]}),
    ],
)
def test_an_address_has_the_state_and_postcode_that_its_country_needs(country, state, postcode, fields):
    assert locales.check_address(country, state, postcode) == fields


def test_a_customer_needs_no_state_but_a_known_one():
    assert locales.check_region(country="US", state="") == {}
    assert locales.check_region(country="", state="ZZ") == {}
    assert locales.check_region(country="US", state="ZZ") == {"state": ["ZZ is not a known state of US."]}
