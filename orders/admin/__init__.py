"""Orders, the catalogue and shipping in the admin: a second edge, which calls the services that the API calls."""

from orders.admin import catalog, order, shipping

__all__ = ["catalog", "order", "shipping"]
