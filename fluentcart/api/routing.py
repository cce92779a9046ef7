"""Routes written as the documents write them, with and without a trailing slash, without a redirect."""

from __future__ import annotations

import re
from typing import Any

from django.urls import URLPattern, re_path

# More digits than any key has; what is longer is no route.
ID_PATTERN = "[0-9]{1,30}"


def route(path: str, viewset: Any, **actions: str) -> URLPattern:
    """One path and what its methods do: `route("customers/{customer_id}", CustomerViewSet, get="retrieve")`.

    Names in braces that end in `id` are numbers; others are anything but a slash, and so are ids that have a
    prefix, of which a malformed one is a record that is not found.
    """
    prefixed = getattr(viewset, "id_prefixes", {})

    def group(found: re.Match[str]) -> str:
        name = found[1]
        return f"(?P<{name}>{ID_PATTERN if name.endswith('id') and name not in prefixed else '[^/]+'})"

    pattern = re.sub(r"{(\w+)}", group, path)
    return re_path(rf"^{pattern}/?\Z", viewset.as_view(actions))
