"""Customers, their addresses and labels; business profiles, contacts and credit checks."""

from customers.models.address import AddressType, CustomerAddress
from customers.models.business import BusinessProfile, Contact, CreditCheck, CreditRating, CreditRisk, PaymentTerms
from customers.models.customer import Customer, CustomerStatus, searchable
from customers.models.label import CustomerLabel, Label
from customers.models.tally import CustomerTally, CustomerTallyDelta, CustomerTermTally, CustomerTermTallyDelta

__all__ = [
    "AddressType",
    "BusinessProfile",
    "Contact",
    "CreditCheck",
    "CreditRating",
    "CreditRisk",
    "Customer",
    "CustomerAddress",
    "CustomerLabel",
    "CustomerStatus",
    "CustomerTally",
    "CustomerTallyDelta",
    "CustomerTermTally",
    "CustomerTermTallyDelta",
    "Label",
    "PaymentTerms",
    "searchable",
]
