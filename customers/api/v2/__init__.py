"""Customers as the v2 document spells them. Money is in minor units."""

from __future__ import annotations

from customers.api import inputs as shared_inputs
from customers.api import views
from customers.api.rows import AddressRow, CustomerExportRow, CustomerRow, UserRow
from customers.api.v2 import inputs as taken
from customers.api.v2.rows import CustomerV2Detail, StatsV2Row
from fluentcart.api.bulk import bulk_row
from fluentcart.api.dialects import V2, Out, bare, double_data, message_inside, unpaged
from fluentcart.history.api import NoteIn, NoteRow
from orders.api.document.rows import OrderRow


class CustomerViewSet(views.CustomerViewSet):
    """The customer routes in the v2 document's words."""

    dialect = V2()
    inputs = {
        "create": taken.CustomerV2In,
        "update": taken.CustomerUpdateV2In,
        "additional_info": shared_inputs.AdditionalInfoIn,
        "create_address": taken.AddressV2In,
        "update_address": taken.AddressUpdateV2In,
        "delete_address": taken.AddressRefV2In,
        "make_primary": taken.MakePrimaryV2In,
        "attach_user": shared_inputs.AttachUserIn,
        "create_note": NoteIn,
        "bulk": shared_inputs.BulkIn,
    }
    outputs = {
        "list": Out("customers", CustomerRow, many=True),
        "create": Out("customer", CustomerV2Detail, message="Customer created successfully!", status=201),
        "retrieve": Out("customer", CustomerV2Detail),
        "update": Out("customer", CustomerV2Detail, message="Customer updated successfully!"),
        "destroy": Out(message="Customer deleted successfully", envelope=message_inside),
        "additional_info": Out("customer", CustomerV2Detail),
        "stats": Out(None, StatsV2Row),
        "recalculate": Out("customer", CustomerV2Detail, message="Statistics recalculated successfully!"),
        "all_orders": Out("data", OrderRow, many=True, envelope=double_data),
        "orders": Out("orders", OrderRow, many=True, envelope=bare),
        "addresses": Out("addresses", AddressRow, many=True, envelope=bare),
        "create_address": Out("address", AddressRow, message="Address created successfully!", status=201),
        "update_address": Out("address", AddressRow, message="Address updated successfully!"),
        "delete_address": Out(message="Address deleted successfully", envelope=message_inside),
        "make_primary": Out("address", AddressRow, message="Primary address updated successfully!"),
        "attachable_users": Out("users", UserRow, many=True),
        "attach_user": Out("customer", CustomerRow, message="User attached successfully", envelope=message_inside),
        "detach_user": Out("customer", CustomerRow, message="User detached successfully", envelope=message_inside),
        "notes": Out("notes", NoteRow, many=True, envelope=unpaged),
        "create_note": Out("note", NoteRow, message="Note added successfully", status=201),
        "bulk": Out(None, bulk_row("customer_id", "CustomerBulk")),
        "export": Out(None, CustomerExportRow),
    }
