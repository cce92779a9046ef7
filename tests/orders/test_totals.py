"""Sums of lines and orders, and how amounts fall on lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.totals import order_totals, part_of_line, spread_refund, spread_shipping

cents = st.integers(0, 10**12)


@given(st.lists(cents, max_size=8), cents, cents, cents)
def test_the_total_is_lines_less_discount_plus_shipping_and_tax(subtotals, shipping, discount, tax):
    totals = order_totals(subtotals_cents=subtotals, shipping_cents=shipping, discount_cents=discount, tax_cents=tax)

    assert totals.total_amount_cents - shipping - tax + discount == sum(subtotals)


@given(st.lists(cents, max_size=8), cents)
def test_a_refund_falls_on_lines_exactly_and_never_beyond_what_is_left(left, amount):
    shares = spread_refund(amount, left_cents=left)

    assert sum(shares) == min(amount, sum(left))
    assert all(0 <= share <= room for share, room in zip(shares, left, strict=True))


@pytest.mark.parametrize(
    ("amount", "left", "shares"),
    [
        pytest.param(2500, [5000, 5000], [1250, 1250], id="in proportion"),
        pytest.param(100, [1, 0, 2], [1, 0, 2], id="more than all lines"),
        pytest.param(3, [1, 1, 1, 1], [0, 1, 1, 1], id="what the last line cannot take goes to those before it"),
        pytest.param(10, [30, 60], [3, 7], id="the last takes the rest"),
        pytest.param(10, [], [], id="no lines"),
    ],
)
def test_how_a_refund_falls(amount, left, shares):
    assert spread_refund(amount, left_cents=left) == shares


@given(cents, st.lists(st.integers(1, 50), min_size=1, max_size=6))
def test_the_parts_of_all_pieces_are_the_line_however_they_are_grouped(total, groups):
    quantity, done, parts = sum(groups), 0, []
    for count in groups:
        parts.append(part_of_line(total, quantity=quantity, done_count=done, count=count))
        done += count

    assert sum(parts) == total
    assert min(parts) >= 0


@given(cents, st.lists(st.tuples(cents, st.integers(1, 99)), min_size=1, max_size=6))
def test_lines_carry_the_whole_shipping(shipping, lines):
    totals, quantities = zip(*lines, strict=True)

    assert sum(spread_shipping(shipping, line_totals_cents=totals, quantities=quantities)) == shipping
