"""Path <-> action of the customer routes, in the order of the documents' list of endpoints."""

from __future__ import annotations

from django.urls import URLPattern

from customers.api.business_views import BusinessViewSet
from customers.api.views import CustomerViewSet
from fluentcart.api.routing import route


def routes(viewset: type[CustomerViewSet]) -> list[URLPattern]:
    """The routes, bound to a dialect's viewset."""
    return [
        route("customers", viewset, get="list", post="create"),
        route("customers/{customer_id}", viewset, get="retrieve", put="update", delete="destroy"),
        route("customers/{customer_id}/additional-info", viewset, put="additional_info"),
        route("customers/get-stats/{customer_id}", viewset, get="stats"),
        route("customers/{customer_id}/recalculate-ltv", viewset, post="recalculate"),
        *(
            route(f"customers/{{customer_id}}/{path}", viewset, get=action)
            for path, action in viewset.order_lists.items()
        ),
        route(
            "customers/{customer_id}/address",
            viewset,
            get="addresses",
            put="update_address",
            post="create_address",
            delete="delete_address",
        ),
        route("customers/{customer_id}/address/make-primary", viewset, post="make_primary"),
        route("customers/attachable-user", viewset, get="attachable_users"),
        route("customers/{customer_id}/attachable-user", viewset, post="attach_user"),
        route("customers/{customer_id}/detach-user", viewset, post="detach_user"),
        route("customers/{customer_id}/notes", viewset, get="notes", post="create_note"),
        route("customers/do-bulk-action", viewset, post="bulk"),
        route("customers/export/{token}", viewset, get="export"),
    ]


def business_routes(viewset: type[BusinessViewSet]) -> list[URLPattern]:
    """The routes of business accounts, in the order of the B2B document."""
    return [
        route("customers", viewset, get="list", post="create"),
        route("customers/{customer_id}", viewset, get="retrieve", put="update"),
        route("customers/{customer_id}/orders", viewset, get="orders"),
        route("customers/{customer_id}/analytics", viewset, get="analytics"),
        route("customers/{customer_id}/contacts", viewset, post="create_contact"),
        route("customers/{customer_id}/contacts/{contact_id}", viewset, put="update_contact", delete="delete_contact"),
        route("customers/{customer_id}/credit-check", viewset, post="credit_check"),
    ]
