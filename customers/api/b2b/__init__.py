"""Customers as the B2B document spells them. Money is in major units of the account's currency; ids have prefixes."""

from __future__ import annotations

from typing import Any

from customers.api import business_views
from customers.api.b2b.inputs import AccountB2BIn, AccountUpdateB2BIn, ContactB2BIn, ContactUpdateB2BIn
from customers.api.b2b.rows import (
    AccountB2BDetail,
    AccountB2BRow,
    AnalyticsB2BRow,
    ContactB2BDetail,
    CreditCheckB2BRow,
)
from fluentcart.api.dialects import B2B, Out, data_and_meta
from orders.api.b2b import SalesOrderB2BRow


def out(row: Any = None, **options: Any) -> Out:
    """An answer in this dialect's envelope."""
    return Out("data" if row else None, row, envelope=data_and_meta, **options)


class CustomerViewSet(business_views.BusinessViewSet):
    """The customer routes in the B2B document's words."""

    dialect = B2B()
    id_prefixes = {"customer_id": "cust_", "contact_id": "cont_"}
    inputs = {
        "create": AccountB2BIn,
        "update": AccountUpdateB2BIn,
        "create_contact": ContactB2BIn,
        "update_contact": ContactUpdateB2BIn,
    }
    outputs = {
        "list": out(AccountB2BRow, many=True),
        "create": out(AccountB2BDetail, status=201),
        "retrieve": out(AccountB2BDetail),
        "update": out(AccountB2BDetail),
        "orders": out(SalesOrderB2BRow, many=True),
        "analytics": out(AnalyticsB2BRow),
        "create_contact": out(ContactB2BDetail, status=201),
        "update_contact": out(ContactB2BDetail),
        "delete_contact": out(message="Contact successfully removed"),
        "credit_check": out(CreditCheckB2BRow),
    }
