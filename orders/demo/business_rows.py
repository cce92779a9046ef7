"""The demo's business account: customer 456 as the B2B document shows them."""

from __future__ import annotations

from orders.demo.timeline import DOCUMENT_SINCE
from orders.demo.writing import Row, moment

COMPANIES = {456: "Customer XYZ"}

PROFILE_FIELDS = (
    "customer_id company_name fax website tax_id payment_terms currency credit_limit_cents discount_rate_basis_points"
    " preferred_shipping customer_since created_at updated_at"
)
CONTACT_FIELDS = "id customer_id name title email phone is_primary created_at updated_at"


def profile_rows(currency: str) -> list[Row]:
    """Rows of PROFILE_FIELDS; the limit is 10,000 major units where the currency has two decimals."""
    since = moment(DOCUMENT_SINCE)
    words = ("+1-555-0457", "https://customerxyz.example.com", "98-7654321", "net_15", currency)
    return [(456, COMPANIES[456], *words, 1_000_000, 500, "UPS_GROUND", since, since, since)]


def contact_rows() -> list[Row]:
    """Rows of CONTACT_FIELDS; the first is the document's."""
    since = moment(DOCUMENT_SINCE)
    alice = ("Alice Johnson", "Procurement Manager", "alice.johnson@customerxyz.example.com", "+1-555-0458", True)
    bob = ("Bob Wilson", "Operations Manager", "bob.wilson@customerxyz.example.com", "+1-555-1000", False)
    return [(number, 456, *person, since, since) for number, person in ((101, alice), (102, bob))]
