"""How fast the service is: driven beside a framework-free handler of the same SQL. Never part of the product."""
