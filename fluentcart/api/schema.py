"""OpenAPI derived from the same tables that the viewsets use."""

from drf_spectacular.openapi import AutoSchema


class TableSchema(AutoSchema):
    """The schema of an action of an ApiViewSet."""
