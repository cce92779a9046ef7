"""The floor: the same answers without a framework, from SQL written by hand. What the service is measured against."""
