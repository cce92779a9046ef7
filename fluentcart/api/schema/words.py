"""What an operation is called and how it is explained, from its action, its docstring and the policy's table."""

from __future__ import annotations

import inspect
import re
from typing import Any

from django.conf import settings

from accounts.policies import SIGNED_IN

STANDARD = {"retrieve": "get", "destroy": "delete"}
VERBS = (
    *("list", "create", "get", "update", "delete", "bulk", "export", "make", "attach", "detach"),
    *("recalculate", "mark", "refund", "change", "calculate"),
)
# A verb for actions that are named after what they answer or take (`stats`, `additional_info`).
VERB_BY_METHOD = {"get": "get", "put": "update", "post": "do", "delete": "delete"}
PLURAL_ACTIONS = ("list", "bulk", "export")
# "(decisions, ...)" and "(semantics 7.3)": where a rule comes from is for those who read the code.
SOURCES = re.compile(r"\s*\((?:decisions|semantics|C\d|\d+\.\d)[^()]*\)")


def public(docstring: str | None) -> str:
    """The first paragraph of a docstring in one line, without its sources."""
    paragraph = inspect.cleandoc(docstring or "").split("\n\n")[0]
    return SOURCES.sub("", " ".join(paragraph.split()))


def aliases(serializer: Any) -> str:
    """A sentence about other names that a body may use, where the In has any."""
    pairs = [f"`{alias}` for `{name}`" for alias, name in getattr(serializer, "aliases", {}).items()]
    return f" Also understood: {', '.join(pairs)}." if pairs else ""


def summary(view: Any, name: str | None = None) -> str:
    """What the docstring of the view's action, or of another one, says in its first paragraph."""
    action = getattr(view, name or getattr(view, "action", None) or "", None)
    return public(getattr(action, "__doc__", "")).rstrip(".")


def operation_id(resource: str, action: str, method: str, *, is_second: bool) -> str:
    """`listCustomers`, `createCustomerAddress`, `markOrderAsPaid`; a second method of one action says which."""
    verb, *rest = STANDARD.get(action, action).split("_")
    if verb not in VERBS:
        verb, rest = VERB_BY_METHOD[method], [verb, *rest]
    noun = resource if verb in PLURAL_ACTIONS and not rest else resource.removesuffix("s")
    words = [noun, *rest, *(["by", method] if is_second else [])]
    return verb + "".join(word.title() for word in words)


def capabilities(view: Any, name: str | None = None) -> tuple[str, ...]:
    """What opens the view's action, or another one."""
    found: list[str] = []
    for policy in view.permission_classes:
        if hasattr(policy, "capabilities_for"):
            found += policy.capabilities_for(name or view.action)
    return tuple(found)


def rate(view: Any) -> tuple[str, int] | None:
    """The class in which the action is counted, and how many an hour that allows."""
    rate_class = view.rate_classes.get(view.action)
    return None if rate_class is None else (rate_class, int(settings.RATES[rate_class].split("/")[0]))


def access(view: Any) -> list[str]:
    """Sentences about who may call the action, and how often."""
    needed = " or ".join(f"`{capability}`" for capability in capabilities(view))
    sentences = [f"Needs the capability {needed}." if needed else "Open to nobody yet."]
    if needed == f"`{SIGNED_IN}`":
        sentences = ["Open to whoever is signed in."]
    if counted := rate(view):
        sentences.append(f"Counted as {counted[0]}: {counted[1]} requests an hour.")
    return sentences
