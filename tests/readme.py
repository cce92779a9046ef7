"""What the README's table of settings says."""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.serving import ROOT


class Setting(NamedTuple):
    """A row of the table; a default that depends on other things is told in words, and is no literal."""

    name: str
    default: str

    @property
    def literal(self) -> str | None:
        """The default as one would write it; "" when there is none, None when it is told in words."""
        found = re.match(r"`([^`]+)`(?: \(|$)", self.default)
        return found[1] if found else "" if re.match(r"none(?: \(|$)", self.default) else None

    def where(self, place: str) -> str | None:
        """The default in another place, such as "containers"."""
        found = re.search(rf"[(,] ?{re.escape(place)}: `([^`]+)`", self.default)
        return found[1] if found else None


def settings_table() -> dict[str, Setting]:
    """Name of a variable -> its row."""
    table = (ROOT / "README.md").read_text().split("## Configuration", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \|", table, re.MULTILINE)
    found = {name: Setting(name, default) for name, default in rows}
    assert len(found) == len(rows), "a variable stands there twice"
    return found
