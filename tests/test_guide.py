"""The guide under /docs/: its examples run, its numbers are the settings', and its pages are whole."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fluentcart import guide
from tests.documents.example import differences
from tests.serving import ROOT, Served, serving

CLIENTS = ROOT / "tests" / "wordpress" / "clients"
EXAMPLE_SECONDS = 60
PAGES = ["/docs/", *(f"/docs/{chapter}/" for chapter in guide.CHAPTERS)]
RUNNABLE = [chapter for chapter in guide.CHAPTERS if chapter != "changelog"]


# --- The examples run ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service as `make run` starts it, with demo data and rates."""
    with serving(tmp_path_factory.mktemp("guide"), WORKERS="1") as served:
        yield served


@pytest.fixture(scope="module")
def caller(shop: Served) -> dict[str, str]:
    """What the guide asks its reader to export, after the examples' own `export` has run."""
    password = shop.create_user("ada", name="guide")
    return {**shop.env, "SHOP": shop.url, "LOGIN": "ada", "PASSWORD": password, "PATH": os.environ["PATH"]}


def command_of(block: guide.Block) -> list[str]:
    """How a reader runs an example."""
    if block.language == "bash":
        return ["bash", "-euc", block.code]
    if block.language == "python":
        return [sys.executable, "-c", block.code]
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed: 'apt install nodejs npm' lets the JavaScript examples run.")
    if block.needs and not (CLIENTS / "node_modules" / block.needs).is_dir():
        pytest.skip(f"npm's {block.needs} is not installed: 'make test' installs it first.")
    return [node, "--input-type=module", "--eval", block.code]


def run_example(block: guide.Block, env: dict[str, str]) -> str:
    """What an example prints; it has to end well."""
    where = CLIENTS if block.needs else ROOT
    done = subprocess.run(
        command_of(block), cwd=where, env=env, check=False, capture_output=True, text=True, timeout=EXAMPLE_SECONDS
    )
    assert done.returncode == 0, f"{block.code}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.parametrize("chapter", RUNNABLE)
def test_the_examples_run_and_answer_as_the_guide_says(shop: Served, caller: dict[str, str], chapter: str):
    printed = ""
    # tests/test_client.py makes the typed client and runs the example that needs it.
    found = [block for block in guide.blocks(chapter, shop.url) if block.needs != "fluentcart_client"]
    for block, following in zip(found, [*found[1:], None], strict=True):
        if block.language == "json":
            assert differences(json.loads(block.code), json.loads(printed)) == [], printed
        elif block.language != "console":
            printed = run_example(block, caller)
            answer_is_shown = following is not None and following.language == "json"
            if block.language == "bash" and "curl --" in block.code and not answer_is_shown:
                assert json.loads(printed)["success"] is True

    assert any(block.language != "console" for block in found)


# --- The texts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("chapter", guide.CHAPTERS)
def test_a_chapter_has_one_title_and_nothing_left_unfilled(chapter: str):
    page = guide.page(chapter, "https://shop.example.com")

    assert len(re.findall("<h1", page)) == 1
    assert "{{" not in page
    assert "{%" not in page
    assert "<script" not in page


def test_numbers_are_the_settings(settings):
    settings.RATES = {"list": "101/h", "create": "7/h", "update": "8/h", "delete": "9/h"}
    settings.RATE_LIMIT_ENABLED = True
    settings.PAGE_SIZE_MAX = 77
    settings.WRONG_PASSWORDS_MAX = 13

    assert "| list | 101 |" in guide.source("rates", "")
    assert "ask for\n[77 rows a page]" in guide.source("rates", "")
    assert "After 13 wrong passwords" in guide.source("authentication", "")


def test_a_shop_that_counts_nothing_says_so(settings):
    settings.RATE_LIMIT_ENABLED = False

    assert "This shop does not count requests." in guide.source("rates", "")


def test_every_status_and_every_role_is_told():
    errors, authentication = guide.source("errors", ""), guide.source("authentication", "")

    assert "| 423 | `user_creation_failed` |" in errors
    assert "| `worker` | `customers/view`, `orders/manage_statuses`, `orders/view`, `products/view` |" in authentication


def test_html_in_a_text_stays_text():
    assert guide.markdown().render("<b>x</b>") == "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"


def test_the_changelog_s_newest_version_is_the_schema_s(settings):
    newest = re.search(r"^## (\S+)$", guide.source("changelog", ""), re.MULTILINE)

    assert newest
    assert newest[1] == settings.SPECTACULAR_SETTINGS["VERSION"]


# --- The pages -----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("where", PAGES)
def test_a_page_is_local_and_leads_only_where_something_is(client, where: str):
    page = client.get(where, HTTP_ACCEPT="text/html")

    text = page.content.decode()
    links = {link.partition("#")[0] for link in re.findall(r'(?:href|src)="(/[^"]*)"', text)}
    assert page.status_code == 200
    assert [link for link in sorted(links) if not is_there(client, link)] == []
    assert not re.search(r'(?:src|<link[^>]*href)="https?://', text)


def is_there(client, link: str) -> bool:
    """Whether an address of ours answers; files are found as whitenoise finds them."""
    from django.contrib.staticfiles import finders

    if link.startswith("/static/"):
        return finders.find(link.removeprefix("/static/")) is not None
    return client.get(link, HTTP_ACCEPT="text/html").status_code in (200, 302)


def test_examples_name_the_address_under_which_they_are_read(client, settings):
    settings.ALLOWED_HOSTS = ["shop.example.com"]

    page = client.get("/docs/", HTTP_HOST="shop.example.com", secure=True).content.decode()

    assert "https://shop.example.com" in page


@pytest.mark.parametrize("where", ["/docs/", "/docs/errors/", "/docs/v2/", "/docs/b2b/"])
def test_pages_allow_no_script_or_style_but_our_files(client, where: str):
    page = client.get(where, HTTP_ACCEPT="text/html")

    policy = dict(part.strip().partition(" ")[::2] for part in page["Content-Security-Policy"].split(";"))
    text = page.content.decode()
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
    assert all("src=" in attributes for attributes in re.findall(r"<script([^>]*)>", text))
    assert "<style" not in text
    assert not re.search(r"\s(?:on\w+|style)=\"", text)


def test_a_chapter_is_only_read(client):
    assert client.post("/docs/errors/").status_code == 405
    assert client.get("/docs/nothing/").status_code == 404


def test_what_is_not_there_leads_back_to_the_guide(client):
    assert '<a href="/docs/">guide</a>' in client.get("/docs/nothing/").content.decode()


def test_the_image_has_the_texts():
    said = (ROOT / "Dockerfile").read_text() + (ROOT / ".dockerignore").read_text()

    for wanted in ("COPY docs/guide docs/guide", "CHANGELOG.md", "!docs/guide"):
        assert wanted in said
    assert Path(guide.FOLDER).is_dir()
