"""The status axes as data."""

import pytest

from orders import states


@pytest.mark.parametrize(("word", "spelling"), [("cancelled", "canceled"), ("canceled", "canceled"), ("x", "x")])
def test_cancelled_is_read_as_canceled(word, spelling):
    assert states.spelled(word) == spelling


@pytest.mark.parametrize(
    ("status", "payment_status", "mode", "total", "is_deletable"),
    [
        ("pending", "pending", "live", 5000, True),
        ("on-hold", "failed", "live", 5000, True),
        ("canceled", "refunded", "live", 5000, True),
        ("processing", "pending", "live", 5000, False),
        ("completed", "pending", "live", 5000, False),
        ("canceled", "paid", "live", 5000, False),
        ("on-hold", "partially_paid", "live", 5000, False),
        ("canceled", "partially_refunded", "live", 1, False),
        ("canceled", "paid", "live", 0, True),
        ("completed", "paid", "test", 5000, True),
    ],
)
def test_who_may_be_deleted(status, payment_status, mode, total, is_deletable):
    found = states.is_deletable(status=status, payment_status=payment_status, mode=mode, total_amount_cents=total)

    assert found is is_deletable
