"""Who may do what with customers. Source: semantics 1.1; decisions, "Who may do what"."""

from accounts.policies import RoutePolicy


class CustomerPolicy(RoutePolicy):
    """Action -> capabilities, any one of which suffices; what is missing is shut to everybody."""

    any_of = {
        "list": ("customers/view",),
        "create": ("customers/manage",),
        "retrieve": ("customers/view",),
        "update": ("customers/manage",),
        "destroy": ("customers/delete",),
        "additional_info": ("customers/manage",),
        "stats": ("customers/view",),
        "recalculate": ("customers/manage",),
        "all_orders": ("customers/view",),
        "orders": ("customers/view",),
        "addresses": ("customers/view",),
        "create_address": ("customers/manage",),
        "update_address": ("customers/manage",),
        "delete_address": ("customers/delete",),
        "make_primary": ("customers/manage",),
        "attachable_users": ("customers/manage",),
        "attach_user": ("customers/manage",),
        "detach_user": ("customers/manage",),
        "bulk": ("customers/manage",),
        "export": ("customers/export",),
        "analytics": ("customers/view",),
        "create_contact": ("customers/manage",),
        "update_contact": ("customers/manage",),
        "delete_contact": ("customers/manage",),
        "credit_check": ("customers/manage",),
        "notes": ("customers/view",),
        "create_note": ("customers/manage",),
    }
