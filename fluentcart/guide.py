"""The guide for developers: Markdown in docs/guide with numbers from the settings, as HTML with coloured code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template import Context, Engine
from django.utils.html import escape
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from accounts.capabilities import CAPABILITIES_BY_ROLE
from fluentcart.api.dialects import STATUSES

FOLDER = settings.BASE_DIR / "docs" / "guide"
CHANGELOG = settings.BASE_DIR / "CHANGELOG.md"
# In the order of the menu: the last part of the address -> title.
CHAPTERS: Mapping[str, str] = {
    "start": "Getting started",
    "authentication": "Authentication",
    "errors": "Errors",
    "rates": "Rates",
    "paging": "Paging and filters",
    "idempotency": "Sending twice",
    "versions": "Versions",
    "wordpress": "WordPress clients",
    "changelog": "Changelog",
}
AREAS = ("customers", "orders", "products", "labels")
LANGUAGES = {"bash": "Shell", "python": "Python", "javascript": "JavaScript", "json": "Answer", "console": "Plain"}


@dataclass(frozen=True)
class Block:
    """A piece of code in a chapter.

    Args:
        language: "bash", "python", "javascript"; "json" for what the code before it answers; "console" for the rest.
        needs: a package of npm, or the typed client, without which it does not run; "" for none.
    """

    language: str
    code: str
    needs: str = ""


def source(chapter: str, url: str, dialects: tuple[tuple[tuple[str, str], ...], ...] = ()) -> str:
    """The Markdown of a chapter, with the settings' numbers and the service's own address filled in."""
    path = CHANGELOG if chapter == "changelog" else FOLDER / f"{chapter}.md"
    template = Engine(autoescape=False).from_string(path.read_text(encoding="utf-8"))
    return template.render(Context(facts() | {"url": url, "dialects": [dict(each) for each in dialects]}))


@lru_cache(maxsize=128)
def page(chapter: str, url: str, dialects: tuple[tuple[tuple[str, str], ...], ...] = ()) -> str:
    """A chapter as HTML. What hosts may ask for it is limited by ALLOWED_HOSTS, and so is what is kept."""
    return str(markdown().render(source(chapter, url, dialects)))


def blocks(chapter: str, url: str) -> Iterator[Block]:
    """The pieces of code of a chapter, in order."""
    for token in markdown().parse(source(chapter, url)):
        if token.type == "fence":
            language, _, needs = token.info.partition(" needs=")
            yield Block(language.strip(), token.content, needs)


def facts() -> dict[str, Any]:
    """What the texts say in numbers, from where it is decided."""
    return {
        "rates_on": settings.RATE_LIMIT_ENABLED,
        "rates": {name: rate.partition("/")[0] for name, rate in settings.RATES.items()},
        "page_size_default": settings.PAGE_SIZE_DEFAULT,
        "page_size_max": settings.PAGE_SIZE_MAX,
        "bulk_ids_max": settings.BULK_IDS_MAX,
        "unpaged_rows_max": settings.UNPAGED_ROWS_MAX,
        "body_kb": settings.BODY_BYTES_MAX // 1024,
        "wrong_passwords_max": settings.WRONG_PASSWORDS_MAX,
        "wrong_passwords_minutes": settings.WRONG_PASSWORDS_WINDOW_SECONDS // 60,
        "validation_status": settings.VALIDATION_STATUS,
        "statuses": statuses(),
        "roles": [(role, _keys(found)) for role, found in CAPABILITIES_BY_ROLE.items() if role],
    }


def statuses() -> list[tuple[int, str]]:
    """(status, its codes) of every refusal, in order."""
    codes: dict[int, list[str]] = defaultdict(list)
    for code, status in STATUSES.items():
        codes[status].append(f"`{code}`")
    return [(status, ", ".join(codes[status])) for status in sorted(codes)]


def _keys(found: frozenset[str]) -> str:
    return ", ".join(f"`{key}`" for key in sorted(found) if key.partition("/")[0] in AREAS)


# --- Markdown to HTML ----------------------------------------------------------------------------


@lru_cache(maxsize=1)
def markdown() -> MarkdownIt:
    """CommonMark with tables; HTML in a text stays text."""
    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    made.add_render_rule("fence", _fence)
    made.add_render_rule("heading_open", _heading)
    made.add_render_rule("table_open", lambda *_: '<div class="table" tabindex="0"><table>\n')
    made.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return made


def _fence(_: Any, tokens: list[Token], index: int, *__: Any) -> str:
    """A piece of code with the name of its language, in colours that the stylesheet gives."""
    language = tokens[index].info.split(" ")[0]
    coloured = highlight(tokens[index].content, get_lexer_by_name(language), HtmlFormatter(nowrap=True))
    label = escape(LANGUAGES[language])
    caption = f"<figcaption>{label}</figcaption>"
    return f'<figure class="code">{caption}<pre tabindex="0"><code>{coloured}</code></pre></figure>\n'


def _heading(_: Any, tokens: list[Token], index: int, *__: Any) -> str:
    """A heading that an address can lead to."""
    words = tokens[index + 1].content.lower()
    anchor = "-".join("".join(letter if letter.isalnum() else " " for letter in words).split())
    return f'<{tokens[index].tag} id="{anchor}">'
