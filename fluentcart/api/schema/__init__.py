"""OpenAPI 3.1, derived from the same tables that the viewsets use; nothing is described a second time."""
