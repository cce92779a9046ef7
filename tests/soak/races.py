"""Two or more writers at one moment: what each race sends, and which answers are right. The audit judges the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tests.soak.service import Answer, Service

Race = Callable[[Service], None]
WRITERS = 8


def statuses(answers: list[Answer]) -> list[int]:
    """The HTTP statuses, sorted."""
    return sorted(answer.status for answer in answers)


def check(answers: list[Answer], *right: list[int]) -> None:
    """Fail with the bodies, unless the statuses are one of the right combinations."""
    assert statuses(answers) in right, [(answer.status, answer.text[:500]) for answer in answers]


def expect(answer: Answer, *right: int) -> None:
    """Fail with the body, unless the status is a right one."""
    assert answer.status in right, (answer.status, answer.text[:500])


def tag_of(served: Service, path: str) -> dict[str, str]:
    """What says that this is what the client has seen."""
    return {"If-Match": served.call("GET", path).headers["etag"]}


def two_refunds(served: Service) -> None:
    """Of 50.00, 30.00 can be given back once."""
    order = served.books.do("order", is_paid=True)["id"]

    answers = served.together(*[("POST", f"/orders/{order}/refund", {"amount": 3000})] * 2)

    check(answers, [200, 400])
    assert served.books.do("refunds", order_id=order) == [["refunded", 3000]]


def last_piece(served: Service) -> None:
    """One piece is sold once."""
    line = served.books.do("line", stock=1)
    calls = [("POST", "/orders", {"customer_id": pk, "items": [line]}) for pk in served.books.do("customers", count=2)]

    check(served.together(*calls), [201, 400])


def paid_twice(served: Service) -> None:
    """What is due is received once."""
    order = served.books.do("order")["id"]

    answers = served.together(*[("POST", f"/orders/{order}/mark-as-paid", {})] * 2)

    check(answers, [200, 409])
    found = served.books.do("find", ids=[order])[str(order)]
    assert (found["payment_status"], found["total_paid_cents"]) == ("paid", 5000)


def two_primaries(served: Service) -> None:
    """Both may be asked for; one is the primary address in the end."""
    book = served.books.do("address_book")
    path = f"/customers/{book['customer_id']}/address/make-primary"
    calls = [("POST", path, {"addressId": pk, "type": "billing"}) for pk in book["others"]]

    check(served.together(*calls), [200, 200])
    primaries = served.books.do("primaries", customer_id=book["customer_id"])
    assert len(primaries) == 1
    assert primaries[0] in book["others"]


def one_email(served: Service) -> None:
    """An address belongs to one customer, in whatever case."""
    name = uuid4().hex
    calls = [
        ("POST", "/customers", {"email": email, "full_name": "Ada Lovelace"})
        for email in (f"{name}@example.com", f"{name.upper()}@EXAMPLE.com")
    ]

    answers = served.together(*calls)

    check(answers, [201, 400])
    refusal = next(answer for answer in answers if answer.status == 400)
    assert refusal.body["code"] == "email_already_exists"


def one_user(served: Service) -> None:
    """A user belongs to one customer."""
    user = served.books.do("shopper")
    calls = [
        ("POST", f"/customers/{pk}/attachable-user", {"user_id": user}) for pk in served.books.do("customers", count=2)
    ]

    check(served.together(*calls), [200, 400])


def moved_and_refunded(served: Service) -> None:
    """An order changes hands while money goes back: both happen, and both customers' statistics are right."""
    order = served.books.do("order", is_paid=True)["id"]
    other = served.books.do("customers")[0]

    answers = served.together(
        ("POST", f"/orders/{order}/change-customer", {"customer_id": other}),
        ("POST", f"/orders/{order}/refund", {"amount": 2000}),
        ("POST", f"/orders/{order}/refund", {"amount": 3000}),
    )

    check(answers, [200, 200, 200])


def deleted_and_updated(served: Service) -> None:
    """An order goes while it is written to, and so does a customer: both are gone, and nobody gets a 500."""
    order = served.books.do("order")["id"]
    customer = served.books.do("customers")[0]

    answers = served.together(
        ("DELETE", f"/orders/{order}"),
        ("PUT", f"/orders/{order}", {"note": "x"}),
        ("DELETE", f"/customers/{customer}"),
        ("PUT", f"/customers/{customer}", {"notes": "x"}),
    )

    check(answers, [200] * 4, [200, 200, 200, 404], [200, 200, 404, 404])
    assert [answer.status for answer in (answers[0], answers[2])] == [200, 200]
    gone = [served.call("GET", path).status for path in (f"/orders/{order}", f"/customers/{customer}")]
    assert gone == [404, 404]


def deleted_and_ordered(served: Service) -> None:
    """A customer is deleted while an order is made for them: one is refused, or both go (semantics 7.4)."""
    customer = served.books.do("customers")[0]
    line = served.books.do("line")

    _, ordered = answers = served.together(
        ("DELETE", f"/customers/{customer}"),
        ("POST", "/orders", {"customer_id": customer, "items": [line]}),
    )

    check(answers, [200, 400], [200, 201], [201, 409])
    if statuses(answers) == [200, 201]:
        assert served.call("GET", f"/orders/{ordered.data['order']['id']}").status == 404


def changed_as_seen(served: Service) -> None:
    """Two change what both have seen, a customer and an order: of each, one does, and the other is told."""
    order = served.books.do("order")
    for path, changes in (
        (f"/customers/{order['customer_id']}", [{"notes": "a"}, {"notes": "b"}]),
        (f"/orders/{order['id']}", [{"note": "a"}, {"note": "b"}]),
    ):
        seen = tag_of(served, path)

        answers = served.together(*[("PUT", path, body, seen) for body in changes])

        check(answers, [200, 412])


def deleted_as_seen_and_ordered(served: Service) -> None:
    """A customer goes whom somebody has seen with an order, while that product is ordered and the order is paid."""
    order = served.books.do("order")
    customer = f"/customers/{order['customer_id']}"
    again = {"customer_id": order["customer_id"], "items": [order["line"]]}

    answers = served.together(
        ("DELETE", customer, None, tag_of(served, customer)),
        ("POST", "/orders", again),
        ("POST", f"/orders/{order['id']}/mark-as-paid", {}),
    )

    expect(answers[0], 200, 409, 412)
    expect(answers[1], 201, 400)
    expect(answers[2], 200, 404)
    assert (answers[0].status == 200) == (served.call("GET", customer).status == 404)


def many_in_opposite_order(served: Service) -> None:
    """The same orders are completed and deleted by two with keys, in opposite order, while one of them is paid."""
    orders = served.books.do("orders", count=4)
    both = [{"action": "update_status", "data": {"status": "completed"}}, {"action": "delete", "data": {}}]
    calls = [
        ("POST", "/orders/do-bulk-action", action | {"order_ids": ids}, {"Idempotency-Key": uuid4().hex})
        for action, ids in zip(both, (orders, orders[::-1]), strict=True)
    ]

    *bulks, paid = served.together(*calls, ("POST", f"/orders/{orders[1]}/mark-as-paid", {}))

    check(bulks, [200, 200])
    expect(paid, 200, 404, 409)


def customers_in_opposite_order(served: Service) -> None:
    """The same customers are deleted by two with keys, in opposite order, while their orders are paid."""
    orders = [served.books.do("order") for _ in range(3)]
    ids = [order["customer_id"] for order in orders]
    calls = [
        (
            "POST",
            "/customers/do-bulk-action",
            {"action": "delete", "customer_ids": some},
            {"Idempotency-Key": uuid4().hex},
        )
        for some in (ids, ids[::-1])
    ]

    *bulks, paid = served.together(*calls, ("POST", f"/orders/{orders[1]['id']}/mark-as-paid", {}))

    check(bulks, [200, 200])
    expect(paid, 200, 404)


def numbers(served: Service) -> None:
    """Eight writers make orders and receive money: every number is given once."""
    line = served.books.do("line")
    customer = served.books.do("customers")[0]

    made = served.together(*[("POST", "/orders", {"customer_id": customer, "items": [line]})] * WRITERS)
    check(made, [201] * WRITERS)
    ids = [answer.data["order"]["id"] for answer in made]
    paid = served.together(*[("POST", f"/orders/{pk}/mark-as-paid", {}) for pk in ids])
    check(paid, [200] * WRITERS)

    rows = served.books.do("find", ids=ids).values()
    for column in ("order_number", "receipt_number"):
        given = Counter(row[column] for row in rows)
        assert len(given) == WRITERS, given
        assert None not in given


RACES: dict[str, Race] = {
    race.__name__: race
    for race in (
        two_refunds, last_piece, paid_twice, two_primaries, one_email, one_user, moved_and_refunded,
        deleted_and_updated, deleted_and_ordered, changed_as_seen, deleted_as_seen_and_ordered,
        many_in_opposite_order, customers_in_opposite_order, numbers,
    )
}  # fmt: skip


def judge(served: Service) -> None:
    """The audit has the last word after each round."""
    found: list[Any] = served.books.do("differences")
    assert found == []
