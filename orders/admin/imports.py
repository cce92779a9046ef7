"""Product lists: a CSV file into the catalogue, checked as a whole first, and taken in portions."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import tablib
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Model
from import_export import resources
from import_export.fields import Field
from import_export.instance_loaders import BaseInstanceLoader
from import_export.results import Result, RowResult

from fluentcart.admin import MoneyField
from fluentcart.deadlocks import tried_again
from fluentcart.errors import DomainError
from fluentcart.storable import is_storable
from orders.models import Product, ProductVariation
from orders.services.product_import import Outcome, import_product, lock_catalogue

ROWS_MAX = 10_000
BYTES_MAX = 2 * 1024 * 1024
PORTION_ROWS = 100  # a transaction takes so many, and the rest of the last product's
ERRORS_SHOWN_MAX = 100
LINE = "line"  # where in the file a row began; a column that no file may have
# Column of the file -> column of the model. `slug` and `sku` say which row is meant.
PRODUCT_COLUMNS = {"title": "title", "description": "description", "status": "status"}
VARIATION_COLUMNS = {
    "variation": "title",
    "fulfillment_type": "fulfillment_type",
    "is_active": "is_active",
    "manage_stock": "manage_stock",
    "backorders": "backorders",
    "available": "available_count",
    "weight_grams": "weight_grams",
}
MONEY_COLUMNS = {"price": "price_cents", "compare_price": "compare_price_cents", "cost": "cost_cents"}
# How the services call a column -> how the file does; what is about a whole row has no name.
NAMES = {"available_count": "available", NON_FIELD_ERRORS: ""}
COLUMNS = ("slug", "sku", *PRODUCT_COLUMNS, *VARIATION_COLUMNS, *MONEY_COLUMNS)
# A file may leave a title or a number empty; these words are what a spreadsheet makes of a tick.
SWITCHES = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
RESULTS = {
    Outcome.NEW: RowResult.IMPORT_TYPE_NEW,
    Outcome.CHANGED: RowResult.IMPORT_TYPE_UPDATE,
    Outcome.UNCHANGED: RowResult.IMPORT_TYPE_SKIP,
}


class Unreadable(DomainError):
    """The file as a whole cannot be read as a product list."""

    code = "unreadable_file"


def read_products(text: str) -> tablib.Dataset:
    """A CSV text as rows, each with the line at which it ends.

    Args:
        text: with a first line that names columns of COLUMNS; commas or semicolons between.

    Raises:
        Unreadable: no rows, too many, an unknown column, or more cells than columns.
    """
    first_line = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if first_line.count(";") > first_line.count(",") else ",")
    try:
        headers = [name.strip().lower() for name in next(reader, [])]
        _check_headers(headers)
        found = tablib.Dataset(headers=[*headers, LINE])
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) > len(headers):
                raise Unreadable(f"Line {reader.line_num} has more cells than the first line has columns.")
            found.append([*cells, *[""] * (len(headers) - len(cells)), reader.line_num])
            if found.height > ROWS_MAX:
                raise Unreadable(f"A file has at most {ROWS_MAX:,} rows. Split it.")
    except csv.Error as error:
        raise Unreadable(f"Line {reader.line_num} is not CSV: {error}.") from error
    if not found.height:
        raise Unreadable("The file has no rows below its first line.")
    return found


def _check_headers(headers: list[str]) -> None:
    unknown = [name or "(no name)" for name in headers if name not in COLUMNS]
    if unknown:
        raise Unreadable(f"The first line has unknown columns: {', '.join(unknown)}. Known are {', '.join(COLUMNS)}.")
    if "slug" not in headers:
        raise Unreadable("The first line must have the column slug: it says which product a row is about.")
    if len(set(headers)) < len(headers):
        raise Unreadable("The first line has a column twice.")


class ProductResource(resources.Resource):
    """A product list, as django-import-export runs one; each row is written by a service of the catalogue.

    One object is for one file: it remembers which SKUs have come by.
    """

    slug = Field(column_name="slug")

    class Meta:
        import_id_fields = ("slug",)
        instance_loader_class = BaseInstanceLoader  # the service finds the rows itself
        report_skipped = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.lines_by_sku: dict[str, int] = {}
        self.money = MoneyField(required=False)

    def import_row(self, row: Mapping[str, Any], instance_loader: Any, **options: Any) -> RowResult:
        """See Resource; a refusal is a result with its reasons, and nothing of the row was written."""
        result = RowResult()
        try:
            outcome = import_product(**self.values(row))
            result.import_type = RESULTS[outcome]
        except ValidationError as error:
            result.import_type, result.validation_error = RowResult.IMPORT_TYPE_INVALID, error
        except DomainError as error:
            result.import_type = RowResult.IMPORT_TYPE_INVALID
            result.validation_error = ValidationError(dict(error.fields) or error.message)
        return result

    def values(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The keyword arguments of `import_product`.

        Raises:
            ValidationError: with the reasons by column of the file.
        """
        errors: dict[str, list[str]] = {}
        slug = _cleaned(errors, "slug", lambda: _clean(Product, "slug", row["slug"].strip()))
        sku = _cleaned(errors, "sku", lambda: self._sku(row))
        product = {
            column: _cleaned(errors, name, lambda column=column, name=name: _clean(Product, column, row[name]))
            for name, column in PRODUCT_COLUMNS.items()
            if row.get(name)
        }
        variation = {
            column: _cleaned(errors, name, lambda column=column, name=name: _clean(ProductVariation, column, row[name]))
            for name, column in VARIATION_COLUMNS.items()
            if row.get(name)
        } | {
            column: _cleaned(errors, name, lambda name=name: self.money.clean(row[name].strip()))
            for name, column in MONEY_COLUMNS.items()
            if row.get(name)
        }
        if errors:
            raise ValidationError(errors)
        return {"slug": slug, "sku": sku or "", "product": product, "variation": variation}

    def _sku(self, row: Mapping[str, Any]) -> str:
        """The SKU, which a file has once."""
        sku = _sku_text(row)
        if not sku:
            return ""
        before = self.lines_by_sku.setdefault(sku, row[LINE])
        if before != row[LINE]:
            raise ValidationError(f"“{sku}” stands in line {before} too.")
        return str(_clean(ProductVariation, "sku", sku))


def _sku_text(row: Mapping[str, Any]) -> str:
    return str(row.get("sku", "")).strip()


def _clean(model: type[Model], column: str, text: str) -> Any:
    """A text as a column's value, by the column's own rules; a tick in any of the usual words."""
    model_field: Any = model._meta.get_field(column)
    value: Any = text.strip()
    if not is_storable(value):
        raise ValidationError("Null characters are not allowed.")
    if model_field.get_internal_type() == "BooleanField":
        if value.lower() not in SWITCHES:
            raise ValidationError("Say yes or no.")
        return SWITCHES[value.lower()]
    return model_field.clean(value, None)


def _cleaned(errors: dict[str, list[str]], name: str, clean: Any) -> Any:
    """What `clean` returns; None when it refuses, with the reasons under the column's name."""
    try:
        return clean()
    except ValidationError as error:
        errors[name] = list(error.messages)
        return None


@dataclass
class Report:
    """What has become of a file so far. `errors` are (line, column or "", reason), a hundred of them at most."""

    rows_count: int
    done_count: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    errors: list[tuple[int, str, str]] = field(default_factory=list)
    failure: str = ""

    @property
    def is_good(self) -> bool:
        """Whether every row was taken."""
        return self.taken_count == self.rows_count and not self.failure

    @property
    def taken_count(self) -> int:
        """How many rows the catalogue agrees with now; in a check: would agree with."""
        return self.new_count + self.changed_count + self.unchanged_count

    @property
    def bad_count(self) -> int:
        """How many rows were refused."""
        return self.outcomes[RowResult.IMPORT_TYPE_INVALID]

    @property
    def new_count(self) -> int:
        """How many variations are new."""
        return self.outcomes[RowResult.IMPORT_TYPE_NEW]

    @property
    def changed_count(self) -> int:
        """How many rows changed something."""
        return self.outcomes[RowResult.IMPORT_TYPE_UPDATE]

    @property
    def unchanged_count(self) -> int:
        """How many rows say what the catalogue says."""
        return self.outcomes[RowResult.IMPORT_TYPE_SKIP]

    def add(self, portion: tablib.Dataset, result: Result) -> None:
        """Count a portion that is done, and remember why rows of it were refused."""
        self.done_count += portion.height
        self.outcomes.update(result.totals)
        lines = portion[LINE]
        for row in result.invalid_rows:
            for name, reasons in row.error_dict.items():
                self.errors += [(lines[row.number - 1], NAMES.get(name, name), reason) for reason in reasons]
        del self.errors[ERRORS_SHOWN_MAX:]
        self.errors.sort()


def run_import(dataset: tablib.Dataset, *, keep: bool) -> Iterator[Report]:
    """Take every row, telling how far it is after each portion; the same report each time, and finished at the end.

    Args:
        dataset: from `read_products`.
        keep: whether to keep what was written; without it each portion is taken back.

    Each portion is a transaction of its own, so that nobody who sells meanwhile waits for the whole file. Whoever stops
    iterating has imported the portions that were told, and no part of another; the same file again does the rest, for
    a row that the catalogue agrees with already changes nothing. A row that is refused leaves the others alone.
    """
    report = Report(rows_count=dataset.height)
    resource = ProductResource()
    for portion in portions(dataset):
        try:
            result = tried_again(_run_portion)(resource, portion, keep=keep)
        except DatabaseError as error:
            report.failure = f"The database could not do it now: {error}"
            break
        if result.base_errors:
            report.failure = str(result.base_errors[-1].error)
            break
        report.add(portion, result)
        yield report
    yield report


def portions(dataset: tablib.Dataset) -> Iterator[tablib.Dataset]:
    """The rows a hundred or so at a time, those of one product together: no portion needs what another one makes."""
    slugs = [slug.strip() for slug in dataset["slug"]]
    places: dict[str, list[int]] = {}
    for place, slug in enumerate(slugs):
        places.setdefault(slug, []).append(place)
    waiting: list[int] = []
    for rows in places.values():
        waiting += rows
        if len(waiting) >= PORTION_ROWS:
            yield _rows(dataset, waiting)
            waiting = []
    if waiting:
        yield _rows(dataset, waiting)


def _rows(dataset: tablib.Dataset, places: list[int]) -> tablib.Dataset:
    return tablib.Dataset(*(dataset[place] for place in places), headers=dataset.headers)


def _run_portion(resource: ProductResource, portion: tablib.Dataset, *, keep: bool) -> Result:
    with transaction.atomic():
        lock_catalogue([(row["slug"].strip(), _sku_text(row)) for row in portion.dict])
        result = resource.import_data(portion, use_transactions=False)
        if not keep or result.base_errors:
            transaction.set_rollback(True)
    return result
