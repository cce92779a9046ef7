"""Customers as the v1 document spells them. Money is in minor units.

Its answers have no sentences, its names are in two parts everywhere, and its lists are wrapped (C01 to C21).
"""

from __future__ import annotations

from customers.api import views
from customers.api.inputs import AdditionalInfoIn, AddressFieldsIn, AddressRefIn, AttachUserIn, BulkIn, CustomerFieldsIn
from customers.api.rows import AddressRow, CustomerExportRow, CustomerRow, FiguresRow, UserRow, address_book
from fluentcart.api.bulk import bulk_row
from fluentcart.api.dialects import V1, Out, message_beside, unpaged
from fluentcart.api.inputs import CountryCode, Email, Id, Text
from fluentcart.api.rows import Nested, anything
from fluentcart.history.api import NoteIn, NoteRow, timeline
from fluentcart.history.models import Subject
from orders.api.document.rows import OrderRow

# --- Out ---------------------------------------------------------------------------------------


class CustomerV1Written(CustomerRow):
    """A customer as writes answer it: the row with what integrations keep."""

    additional_info = anything(
        help="Whatever the shop's integrations keep with the customer.",
        example={"company": "Example Corp", "notes": "VIP customer"},
    )


class CustomerV1Detail(CustomerV1Written):
    """A customer alone: with all addresses, primary ones first (C05)."""

    addresses = Nested(AddressRow, address_book(), "customer_id")
    activities = timeline(Subject.CUSTOMER)


# --- In: a customer's full_name and an address's name, which answers carry too, are not read here ----------


class CustomerUpdateV1In(CustomerFieldsIn):
    """PUT /customers/{customerId}: what is not sent stays."""

    example = {"first_name": "John", "last_name": "Doe", "phone": "+1234567890", "status": "active"}


class CustomerV1In(CustomerFieldsIn):
    """POST /customers."""

    example = {
        "email": "newcustomer@example.com",
        "first_name": "Jane",
        "last_name": "Smith",
        "phone": "+1234567890",
        "status": "active",
        "additional_info": {"company": "Example Corp", "notes": "VIP customer"},
    }

    email = Email()
    first_name = Text()


class AddressV1In(AddressFieldsIn):
    """POST /customers/{customerId}/address; without an e-mail address it gets the customer's (C13)."""

    example = {
        "type": "shipping",
        "first_name": "John",
        "last_name": "Doe",
        "address_1": "789 New St",
        "city": "Queens",
        "state": "NY",
        "postcode": "11301",
        "country": "US",
    }

    first_name = Text()
    address_1 = Text()
    city = Text()
    country = CountryCode()


class AddressRefV1In(AddressRefIn):
    """Which address is meant: `{"address_id": 2}`, or `id`, as an address itself calls it."""

    example = {"address_id": 2}
    spellings = {"address_id": ("id",)}

    address_id = Id()


class AddressUpdateV1In(AddressRefV1In, AddressFieldsIn):
    """PUT /customers/{customerId}/address: what is not sent stays."""

    example = {
        "address_id": 1,
        "first_name": "John",
        "last_name": "Doe",
        "address_1": "123 Updated St",
        "city": "New York",
        "state": "NY",
        "postcode": "10001",
        "country": "US",
    }

    first_name = Text(required=False, allow_blank=False)


# --- The viewset -------------------------------------------------------------------------------


class CustomerViewSet(views.CustomerViewSet):
    """The customer routes in the v1 document's words."""

    dialect = V1()
    order_lists = {"orders": "all_orders"}  # C09, C10
    parameters = {**views.CustomerViewSet.parameters, "retrieve": (views.WITH,)}  # C05
    inputs = {
        "create": CustomerV1In,
        "update": CustomerUpdateV1In,
        "additional_info": AdditionalInfoIn,
        "create_address": AddressV1In,
        "update_address": AddressUpdateV1In,
        "delete_address": AddressRefV1In,
        "make_primary": AddressRefV1In,
        "attach_user": AttachUserIn,
        "create_note": NoteIn,
        "bulk": BulkIn,
    }
    outputs = {
        "list": Out("customers", CustomerRow, many=True),
        "create": Out("customer", CustomerV1Written, status=201),
        "retrieve": Out("customer", CustomerV1Detail),
        "update": Out("customer", CustomerV1Written),
        "destroy": Out(message="Customer deleted successfully", envelope=message_beside),
        "additional_info": Out("customer", CustomerV1Written),
        "stats": Out("stats", FiguresRow),
        "recalculate": Out("customer", CustomerV1Written),
        "all_orders": Out("orders", OrderRow, many=True, envelope=unpaged),
        "addresses": Out("addresses", AddressRow, many=True),
        "create_address": Out("address", AddressRow, status=201),
        "update_address": Out("address", AddressRow),
        "delete_address": Out(message="Address deleted successfully", envelope=message_beside),
        "make_primary": Out("address", AddressRow),
        "attachable_users": Out("users", UserRow, many=True, envelope=unpaged),
        "attach_user": Out("customer", CustomerRow),
        "detach_user": Out("customer", CustomerRow),
        "notes": Out("notes", NoteRow, many=True, envelope=unpaged),
        "create_note": Out("note", NoteRow, status=201),
        "bulk": Out(None, bulk_row("customer_id", "CustomerBulk")),
        "export": Out(None, CustomerExportRow),
    }
