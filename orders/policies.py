"""Who may do what with orders and products. Source: semantics 1.2; decisions, "Who may do what"."""

from accounts.policies import RoutePolicy


class OrderPolicy(RoutePolicy):
    """Action -> capabilities, any one of which suffices; what is missing is shut to everybody.

    Some requests need more than their route, because a capability follows the effect: a payment status in
    `statuses` and the bulk actions `delete` and `export` (see `orders/api/views.py`).
    """

    any_of = {
        "list": ("orders/view",),
        "create": ("orders/create",),
        "retrieve": ("orders/view",),
        "update": ("orders/manage",),
        "destroy": ("orders/delete",),
        "mark_as_paid": ("orders/manage",),
        "refund": ("orders/can_refund",),
        "statuses": ("orders/manage_statuses",),
        "change_customer": ("orders/manage",),
        "create_and_change_customer": ("orders/manage",),
        "bulk": ("orders/manage",),
        "calculate_shipping": ("orders/create", "orders/manage"),
        "shipping_methods": ("orders/manage",),
        "export": ("orders/export",),
        "notes": ("orders/view",),
        "create_note": ("orders/manage", "orders/manage_statuses"),  # whoever packs an order has something to say
        "attach_note": ("orders/manage",),
        "restore": ("orders/delete",),
    }


class ProductPolicy(RoutePolicy):
    """Reading the catalogue; it is written in the admin only."""

    any_of = {
        "list": ("products/view",),
        "retrieve": ("products/view",),
    }
