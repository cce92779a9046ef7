"""Customers, their addresses and labels."""

from customers.models.address import AddressType, CustomerAddress
from customers.models.customer import Customer, CustomerStatus, searchable
from customers.models.label import CustomerLabel, Label

__all__ = [
    "AddressType",
    "Customer",
    "CustomerAddress",
    "CustomerLabel",
    "CustomerStatus",
    "Label",
    "searchable",
]
