"""What a spreadsheet is given in the place of a formula."""

from __future__ import annotations

import pytest

from fluentcart.spreadsheets import cell


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_a_text_that_a_spreadsheet_would_run_is_made_harmless(start):
    assert cell(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("value", ["Ada = Countess", -1, "", None])
def test_what_is_no_formula_stays(value):
    assert cell(value) == value
