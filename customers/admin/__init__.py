"""Customers in the admin: a second edge, which calls the services that the API calls."""

from customers.admin import address, business, customer

__all__ = ["address", "business", "customer"]
