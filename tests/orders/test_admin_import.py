"""Product lists in the admin: checked as a whole, imported in portions, and every bad row is named."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from accounts.capabilities import Role
from orders.admin import imports
from orders.models import Product, ProductVariation
from tests.admin_pages import staff
from tests.orders.factories import ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db
URL = "/admin/orders/product/import/"
HEAD = "slug,title,sku,variation,price,available,manage_stock"


def table(*rows: str, head: str = HEAD) -> str:
    return "\n".join([head, *rows])


def send(client, text: str | bytes, name: str = "list.csv"):
    """The answer to a file that is to be checked, and its text."""
    content = text.encode() if isinstance(text, str) else text
    answer = client.post(URL, {"file": SimpleUploadedFile(name, content)})
    return answer, answer.getvalue().decode()


def confirm(client, page: str) -> str:
    """What the page says after "Import" was pressed on the page of a check."""
    return client.post(URL, {"carried": carried_in(page)}).getvalue().decode()


def carried_in(page: str) -> str:
    """What the page of a check sends along with "Import"."""
    return page.partition('name="carried" value="')[2].partition('"')[0]


def catalogue() -> list[tuple[str, str | None, int, int]]:
    rows = ProductVariation.objects.order_by("pk")
    return list(rows.values_list("product__slug", "sku", "price_cents", "available_count"))


def test_a_file_is_checked_first_and_stored_when_it_is_confirmed():
    client = staff(Role.MANAGER)
    text = table("mug,Mug,MUG-1,Blue,19.99,5,yes", "mug,,MUG-2,Red,21,,no")

    answer, checked = send(client, text)

    assert "no-store" in answer["Cache-Control"]
    assert "2 of 2 rows" in checked
    assert "list.csv: 2 rows, of which 2 would be new, 0 would change something and 0 nothing." in checked
    assert catalogue() == []

    done = confirm(client, checked)

    assert "2 were new" in done
    assert catalogue() == [("mug", "MUG-1", 1999, 5), ("mug", "MUG-2", 2100, 0)]
    assert Product.objects.get().title == "Mug"
    assert LogEntry.objects.get().object_repr == "Import of list.csv"


def test_what_is_there_is_changed_and_what_the_file_leaves_out_stays():
    row = VariationFactory(product=ProductFactory(slug="mug", title="Mug"), sku="MUG-1", price_cents=100, title="Blue")
    same = VariationFactory(product=row.product, sku="MUG-2", price_cents=300)
    client = staff()

    page = confirm(client, send(client, table("mug,MUG-1,2.50", "mug,MUG-2,3.00", head="slug,sku,price"))[1])

    assert "0 were new, 1 changed something and 1 nothing." in page
    row.refresh_from_db()
    assert (row.price_cents, row.title, row.product.title) == (250, "Blue", "Mug")
    assert ProductVariation.objects.get(pk=same.pk).updated_at == same.updated_at


def test_every_bad_row_is_named_with_its_line_and_nothing_is_imported():
    other = VariationFactory(product=ProductFactory(slug="cup"), sku="CUP-1")
    client = staff()
    text = table(
        'good,"Good\nproduct",GOOD-1,,1.00,1,yes',  # ends at line 3
        "no slug,Bad,X-1,,1.00,1,yes",
        "mug,Mug,X-2,,1.999,1,perhaps",
        "mug,Mug,CUP-1,,1.00,1,yes",
        "new,,X-3,,1.00,1,yes",
        "new,New,X-4,,,1,yes",
        "new,New,GOOD-1,,1.00,1,yes",
        "new,New,X-5,,1.00,-1,yes",
        "nul,New,X\0-6,,1.00,1,yes",
    )

    page = send(client, text)[1]

    for line, column, reason in [
        (4, "slug", "Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."),
        (5, "manage_stock", "Say yes or no."),
        (5, "price", "USD has 2 decimals."),
        (6, "sku", "This SKU is a variation of the product “cup”."),
        (7, "title", "A new product needs a title."),
        (8, "price", "A new variation needs a price."),
        (9, "sku", "“GOOD-1” stands in line 3 too."),
        (10, "available", "Only what may be ordered below zero can have less than none."),
        (11, "sku", "Null characters are not allowed."),
    ]:
        assert f'<tr><th scope="row">{line}</th><td>{column}</td><td>{reason}</td></tr>' in page
    assert "8 of 9 rows of list.csv cannot be taken" in page
    assert 'name="carried"' not in page
    assert catalogue() == [("cup", "CUP-1", other.price_cents, other.available_count)]


def test_a_row_that_has_become_bad_since_the_check_is_named_and_the_others_are_taken():
    client = staff()
    checked = send(client, table("mug,Mug,MUG-1,,1.00,1,yes", "cup,Cup,CUP-1,,1.00,1,yes"))[1]
    VariationFactory(product=ProductFactory(slug="pot"), sku="CUP-1")

    page = confirm(client, checked)

    assert "1 of 2 rows of list.csv were imported: 1 of 2 rows of list.csv cannot be taken." in page
    assert '<th scope="row">3</th><td>sku</td><td>This SKU is a variation of the product “pot”.</td>' in page
    assert list(Product.objects.order_by("slug").values_list("slug", flat=True)) == ["mug", "pot"]
    assert LogEntry.objects.get().change_message == "2 of 2 rows: 1 new, 0 changed, 1 refused."


def test_each_portion_is_kept_when_it_is_told_and_the_same_file_again_does_the_rest(monkeypatch):
    monkeypatch.setattr(imports, "PORTION_ROWS", 1)
    dataset = imports.read_products(table("mug,Mug,MUG-1,,1.00,1,yes", "cup,Cup,CUP-1,,1.00,1,yes"))

    steps = imports.run_import(dataset, keep=True)
    assert next(steps).done_count == 1
    steps.close()
    assert catalogue() == [("mug", "MUG-1", 100, 1)]
    *_, report = imports.run_import(dataset, keep=True)

    assert (report.is_good, report.new_count, report.unchanged_count) == (True, 1, 1)
    assert catalogue() == [("mug", "MUG-1", 100, 1), ("cup", "CUP-1", 100, 1)]


def test_whoever_goes_away_half_way_leaves_a_trace_of_what_was_imported(monkeypatch):
    monkeypatch.setattr(imports, "PORTION_ROWS", 1)
    client = staff()
    checked = send(client, table("mug,Mug,MUG-1,,1.00,1,yes", "cup,Cup,CUP-1,,1.00,1,yes"))[1]

    answer = client.post(URL, {"carried": carried_in(checked)})
    pieces = iter(answer)
    assert "1 of 2 rows" in [next(pieces), next(pieces)][1].decode()
    answer._iterator.close()  # as the server does; `close()` would end the connection of the test too

    assert catalogue() == [("mug", "MUG-1", 100, 1)]
    assert LogEntry.objects.get().change_message == "1 of 2 rows: 1 new, 0 changed, 0 refused."


@pytest.mark.parametrize("keep", [False, True], ids=["check", "import"])
def test_no_transaction_is_longer_than_a_portion_and_a_product_is_never_torn(monkeypatch, keep):
    monkeypatch.setattr(imports, "PORTION_ROWS", 2)
    rows = ["a,A,A-1", "b,B,B-1", "a,,A-2", "c,C,C-1", "b,,B-2"]
    dataset = imports.read_products(table(*(f"{row},,1.00,1,yes" for row in rows)))

    assert [portion["sku"] for portion in imports.portions(dataset)] == [["A-1", "A-2"], ["B-1", "B-2"], ["C-1"]]
    with CaptureQueriesContext(connection) as captured:
        reports = [(report.done_count, report.is_good) for report in imports.run_import(dataset, keep=keep)]

    assert reports == [(2, False), (4, False), (5, True), (5, True)]
    assert len(catalogue()) == (5 if keep else 0)
    ends = [query["sql"].split()[0] for query in captured if query["sql"].startswith(("RELEASE", "ROLLBACK TO"))]
    assert ends.count("ROLLBACK") == (0 if keep else 3)


def test_a_portion_that_the_database_cannot_take_is_no_part_of_the_report(monkeypatch):
    monkeypatch.setattr(imports, "PORTION_ROWS", 1)
    written = imports.import_product

    def away_for_cups(**values):
        if values["slug"] == "cup":
            raise OperationalError("the server went away")
        return written(**values)

    client = staff()
    checked = send(client, table("mug,Mug,MUG-1,,1.00,1,yes", "cup,Cup,CUP-1,,1.00,1,yes"))[1]
    monkeypatch.setattr(imports, "import_product", away_for_cups)
    page = confirm(client, checked)

    assert "1 of 2 rows of list.csv were imported. The database could not do it now: the server went away" in page
    assert "check and import the same file again" in page
    assert catalogue() == [("mug", "MUG-1", 100, 1)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The first line must have the column slug"),
        (HEAD, "The file has no rows below its first line."),
        ("slug,colour\nmug,red", "The first line has unknown columns: colour."),
        ("slug,slug\nmug,mug", "The first line has a column twice."),
        ("slug,title\nmug,Mug,more", "Line 2 has more cells than the first line has columns."),
        (b"slug\n\xff", "The file is not UTF-8"),
    ],
)
def test_a_file_that_is_no_product_list_is_refused_with_a_reason(text, sentence):
    client = staff()

    page = client.post(
        URL, {"file": SimpleUploadedFile("list.csv", text if isinstance(text, bytes) else text.encode())}
    )

    assert page.status_code == 200
    expected = "The submitted file is empty." if text == "" else sentence
    assert expected in page.content.decode()


def test_a_spreadsheets_semicolons_and_byte_order_mark_are_understood():
    client = staff()

    confirm(client, send(client, "\ufeffslug;title;sku;price\nmug;Mug;MUG-1;1.50\n")[1])

    assert catalogue() == [("mug", "MUG-1", 150, 0)]


def test_a_file_that_somebody_else_checked_or_nobody_is_refused():
    checked = send(staff(), table("mug,Mug,MUG-1,,1.00,1,yes"))[1]
    other = staff()

    carried = carried_in(checked)
    theirs = other.post(URL, {"carried": carried}).content.decode()
    forged = other.post(URL, {"carried": carried[:-2] + "xx"}).content.decode()

    assert "Somebody else checked this file." in theirs
    assert "Check the file again." in forged
    assert catalogue() == []


@pytest.mark.parametrize("role", [Role.WORKER, Role.ACCOUNTANT])
def test_only_who_may_make_and_change_products_imports_them(role):
    client = staff(role)

    assert client.get(URL).status_code == 403
    assert client.post(URL, {"file": SimpleUploadedFile("a.csv", b"slug\nx")}).status_code == 403
    assert "Import products" not in client.get("/admin/orders/product/").content.decode()


def test_a_row_costs_the_same_in_a_long_file_as_in_a_short_one():
    def queries(count: int) -> int:
        rows = [f"p{count}-{row},Title,S{count}-{row},,1.00,1,yes" for row in range(count)]
        with CaptureQueriesContext(connection) as captured:
            *_, report = imports.run_import(imports.read_products(table(*rows)), keep=True)
        assert report.is_good
        return len(captured)

    one, eleven, twenty_one = queries(1), queries(11), queries(21)

    assert twenty_one - eleven == eleven - one
