"""OpenAPI links: where the id in the answer of what creates leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fluentcart.api.rows import JsonSchema
from fluentcart.api.schema import shapes, words

# What creates -> what its id is called in a path, and what takes that id, with the first of its methods.
FOLLOWING: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "create": ("{resource}_id", {"retrieve": "get", "update": "put", "destroy": "delete"}),
    "create_contact": ("contact_id", {"update_contact": "put", "delete_contact": "delete"}),
}


def links(view: Any, path_names: list[str]) -> dict[str, JsonSchema]:
    """Name -> link for what the dialect serves and the view's action makes an id for; `path_names` are its own."""
    name, following = FOLLOWING.get(view.action, ("", {}))
    singular = view.resource.removesuffix("s")
    given = {known: f"$request.path.{known}" for known in path_names}
    return {
        operation: {
            "operationId": operation,
            "parameters": given | {name.format(resource=singular): id_expression(view)},
            "description": f"{words.summary(view, action)}.",
        }
        for action, method in following.items()
        if action in view.outputs
        for operation in [words.operation_id(view.resource, action, method, is_second=False)]
    }


def id_expression(view: Any) -> str:
    """The runtime expression of the id in the body that the view's action answers."""
    out = view.outputs[view.action]
    place = next(_paths_to_id(shapes.answer_sample(out, None)))
    return f"$response.body#/{'/'.join(place)}"


def _paths_to_id(body: Mapping[str, Any]) -> Iterator[list[str]]:
    """Keys on the way to each `id`, the outermost first."""
    if "id" in body:
        yield ["id"]
    for key, inner in body.items():
        if isinstance(inner, Mapping):
            yield from ([key, *rest] for rest in _paths_to_id(inner))
