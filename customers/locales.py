"""Which countries need a state or a postcode, and which states are known; the rules of an address's place.

Source: semantics 6.2 and its repair: a state is required only where a list of states exists and the country
is not among those where it is optional.
"""

from __future__ import annotations

from functools import lru_cache

from django_countries import countries

from customers.states import DASHED, GLUED, ISO_CODES, OTHER_CODES, words

STATE_OPTIONAL = frozenset(
    words(
        "AF AX AT BH BE BZ BA BW BG BI CW CY CZ DK EE ET FI FR GF DE GR GP GG HU IS IM IL KW LV LB LI LU MT MQ YT NL "
        "NZ NO PS PL PT PR RE RW MF RS SG SK SI KR LK SE CH AE GB VN"
    )
)
POSTCODE_OPTIONAL = frozenset(words("AO BS BH BD BZ BO BW CL CO CW GH GT HK JM MZ NP NG KN ST SR UG AE VN WS ZW"))


def tidy(code: str) -> str:
    """A country, state or postcode as it is stored: trimmed and in upper case (semantics 7.3)."""
    return code.strip().upper()


def is_country(country: str) -> bool:
    """Whether it is an ISO 3166-1 code of two upper-case letters."""
    return country in countries.countries


def has_states(country: str) -> bool:
    """Whether the states of the country are known as a list."""
    return country in ISO_CODES or country in OTHER_CODES


@lru_cache(maxsize=64)
def _spellings(country: str) -> dict[str, str]:
    """Every accepted spelling of the country's states -> the spelling that is stored."""
    prefix = f"{country}-" if country in DASHED else country if country in GLUED else ""
    iso = words(ISO_CODES.get(country, ""))
    known = {prefix + code: prefix + code for code in iso} | {code: code for code in OTHER_CODES.get(country, ())}
    for code in iso:
        for spelling in (code, f"{country}-{code}", country + code):
            known.setdefault(spelling, prefix + code)
    return known


def state_codes(country: str) -> list[str]:
    """The states of a country as they are stored, sorted; empty where no list exists."""
    return sorted(set(_spellings(country).values()))


def tidy_state(country: str, state: str) -> str:
    """A state as it is stored: ("JP", "jp-13") -> "JP13", ("US", "US-NY") -> "NY"; in upper case when unknown."""
    text = tidy(state)
    return _spellings(country).get(text, text) if has_states(country) else text


def check_region(*, country: str, state: str) -> dict[str, list[str]]:
    """What is wrong with a customer's country and state; neither is ever required.

    Args:
        country: an upper-case code, or "".
        state: upper-case, or ""; free text where the country has no list.

    Returns:
        Field -> sentences; empty when nothing is wrong. Source: decisions, "The wire".
    """
    if country and not is_country(country):
        return {"country": [f"{country} is not a known country code."]}
    if state and has_states(country) and state not in _spellings(country):
        return {"state": [f"{state} is not a known state of {country}."]}
    return {}


def check_address(country: str, state: str, postcode: str) -> dict[str, list[str]]:
    """What is wrong with the country, state and postcode of an address.

    Args:
        country: an upper-case code.
        state: upper-case, or "".
        postcode: upper-case, or "".

    Returns:
        Field -> sentences; empty when nothing is wrong. Source: semantics 6.2.
    """
    if not country:
        return {"country": ["Country field is required."]}
    errors = check_region(country=country, state=state)
    if "country" in errors:
        return errors
    if not state and has_states(country) and country not in STATE_OPTIONAL:
        errors["state"] = ["State field is required."]
    if not postcode and country not in POSTCODE_OPTIONAL:
        errors["postcode"] = ["Postcode field is required."]
    return errors
