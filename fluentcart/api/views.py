"""ApiViewSet: the order of checks, what comes in and what goes out. No resource and no dialect is named here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from functools import cache, cached_property
from typing import Any, ClassVar
from urllib.parse import quote

from django.db.models import Model, QuerySet
from rest_framework.exceptions import MethodNotAllowed, Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ViewSet

from accounts.actors import actor_of
from accounts.policies import required
from fluentcart.api import idempotency, preconditions, replica
from fluentcart.api.bulk import BulkAction, bulk_body
from fluentcart.api.dialects import Dialect, Out
from fluentcart.api.exports import make_link
from fluentcart.api.inputs import In, read_id
from fluentcart.api.listing import Listing, Parameter, check_names, told_at_once
from fluentcart.api.pagination import Page, Pager, page_of, paginate, which_page
from fluentcart.api.parsing import refuse_chunked_form
from fluentcart.api.query import as_list, parse_query
from fluentcart.api.rendering import JsonAnswer, OrjsonRenderer
from fluentcart.api.rows import unpaged_limit
from fluentcart.api.throttling import Usage, count
from fluentcart.api.wordpress.fields import asked_fields, only
from fluentcart.api.wordpress.middleware import keep_private
from fluentcart.compiled import Compiled, Found, Selection
from fluentcart.deadlocks import tried_again
from fluentcart.errors import DomainError, InvalidFields, NotFound
from fluentcart.history.actor import SYSTEM, acting_as, set_actor
from fluentcart.hosts import host_of
from fluentcart.metrics import rate_limited
from fluentcart.storable import ID_MAX


@dataclass(frozen=True)
class One:
    """The only row of a query, and what is raised, with its key, when it is not there."""

    found: Found[Any]
    key: int
    missing: Callable[[int], DomainError]

    @classmethod
    def of(cls, query: Compiled[Any], pk: int, missing: Callable[[int], DomainError]) -> One:
        """The row with a primary key.

        Raises:
            DomainError: `missing`, when no row can have that key.
        """
        if pk > ID_MAX:
            raise missing(pk)
        return cls(query(pk=pk), pk, missing)

    def instance(self) -> Any:
        """The row as a model instance.

        Raises:
            DomainError: `missing`.
        """
        found = self.found.first()
        if found is None:
            raise self.missing(self.key)
        return found


# What a query may hold as it was sent; whatever could end the header that repeats it is quoted.
QUERY_CHARS = "%&=[]+,.;:@!$'()*/?-_~"


@cache
def shared(classes: tuple[Any, ...]) -> list[Any]:
    """One instance of each class."""
    return [each() for each in classes]


@cache
def headers_of_route(view: Any, methods: tuple[str, ...]) -> dict[str, str]:
    """Allow and Vary, as DRF spells them for a route of these methods."""
    each = view()
    for method in methods:
        setattr(each, method, None)
    found: dict[str, str] = ViewSet.default_response_headers.__get__(each)
    return found


@cache
def query_names(view: Any, action: str) -> tuple[str, ...]:
    """The names that an action's query may have."""
    names = tuple(parameter.name.split("[")[0] for parameter in view.parameters.get(action, ()))
    listing = view.listings.get(action)
    return names + (listing.names() if listing else ())


class ApiViewSet(ViewSet):
    """The base of every viewset.

    A resource's own viewset (`<app>/api/views.py`) says what happens; a dialect's subclass (`v2.py`) says how it
    is spelled, in `inputs` and `outputs`. Every action is named in `rate_classes` when it is counted, in
    `parameters` when it reads the query, and in the policy's table when anybody may call it.
    """

    dialect: ClassVar[Dialect]
    resource: ClassVar[str]
    listings: ClassVar[Mapping[str, type[Listing]]] = {}
    parameters: ClassVar[Mapping[str, tuple[Parameter, ...]]] = {}
    rate_classes: ClassVar[Mapping[str, str]] = {}
    inputs: ClassVar[Mapping[str, type[In]]] = {}
    outputs: ClassVar[Mapping[str, Out]] = {}
    # What an action's services may refuse beyond bad input and missing records, by example; for the schema.
    refusals: ClassVar[Mapping[str, tuple[DomainError, ...]]] = {}
    # What stands before the number in an id of the path: {"customer_id": "cust_"}.
    id_prefixes: ClassVar[Mapping[str, str]] = {}
    # Whether an Idempotency-Key stores answers; not where they hold a secret.
    keeps_answers: ClassVar[bool] = True
    # Whether reads of one tell an ETag, and writes honour If-Match; then there is a `lock_resource`.
    has_state: ClassVar[bool] = False
    # The reads that do; the first is what writes are compared with.
    tagged_reads: ClassVar[tuple[str, ...]] = (preconditions.READ,)
    # Actions that are several transactions, and take up what an earlier request with the same key began.
    resumed_actions: ClassVar[frozenset[str]] = frozenset()
    # Actions that commit each id on its own, unless a key makes one transaction of them.
    piecemeal_actions: ClassVar[frozenset[str]] = frozenset({"bulk"})
    # Actions that only read, and may be read from a replica: lists and reports, never one resource by itself.
    reports: ClassVar[frozenset[str]] = frozenset()
    usage: Usage | None = None
    idempotency_key: str = ""
    # The state of the only resource that is answered (fluentcart/api/preconditions.py).
    state: str = ""

    # --- The order of checks: who, how often, whether, and only then what --------------------------

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """DRF's hook; whoever acts here acts no longer when the answer is there."""
        with acting_as(SYSTEM):
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Route, authentication, rate, policy, query: in this order, once.

        DRF asks the policy before it throttles, so that a refused caller is never counted. Overridden here
        and not in `check_permissions`, which the browsable page calls for every form that it draws.
        """
        self.format_kwarg = self.get_format_suffix(**kwargs)  # first: the answer to a wrong method needs it too
        if not getattr(self, "action", None):
            raise MethodNotAllowed(request.method or "")
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        self.perform_authentication(request)
        set_actor(actor_of(request.user, request.auth))
        self.check_rate(self.rate_classes.get(self.action))
        self.check_permissions(request)
        self.check_ids()
        name = str(request.method).lower()
        if request.method in ("GET", "HEAD"):
            self.check_query()
            if self.action in self.reports:
                setattr(self, name, replica.guarded(request, getattr(self, name)))
            return
        has_key = idempotency.HEADER in request.META and self.keeps_answers and request.method in idempotency.WRITES
        if preconditions.IF_MATCH in request.META and self.checks_state:
            setattr(self, name, preconditions.guarded(self, request, getattr(self, name)))
        if has_key:
            setattr(self, name, idempotency.guarded(self, request, getattr(self, name)))
        if self.is_one_transaction(has_key=has_key):
            setattr(self, name, tried_again(getattr(self, name)))

    def is_one_transaction(self, *, has_key: bool) -> bool:
        """Whether this action is stored as a whole or not at all; a key makes a whole of what else is done id by id."""
        return self.action not in self.resumed_actions and (has_key or self.action not in self.piecemeal_actions)

    @property
    def checks_state(self) -> bool:
        """Whether this action honours If-Match: a write to a resource that can be read by itself."""
        return self.action in preconditions.CHECKED and self.is_tagged(preconditions.READ)

    def is_tagged(self, action: str) -> bool:
        """Whether an action's answer tells an ETag: it shows one resource, and a write shows it as a read does."""
        read, out = self.outputs.get(preconditions.READ), self.outputs.get(action)
        if not self.has_state or out is None:
            return False
        is_same = read is not None and out.row is read.row
        return action in self.tagged_reads or (action == preconditions.WRITE and is_same)

    def lock_resource(self, **ids: int) -> None:
        """Lock the resource of the path, in the order that holds everywhere, before its state is compared.

        Raises:
            NotFound: it is not there.
        """
        raise NotImplementedError

    def check_ids(self) -> None:
        """Refuse an id of the path that cannot be one.

        Raises:
            NotFound: nothing has it.
        """
        for name, value in self.kwargs.items():
            if name.endswith("_id") and not isinstance(value, int):
                raise NotFound(name.removesuffix("_id"), value)

    @cached_property
    def counted(self) -> set[str]:
        """In which classes this request was counted; an action that lost a deadlock comes by again."""
        return set()

    def check_query(self) -> None:
        """Refuse a parameter that this action does not read, and of a list whatever else is wrong beside it.

        Raises:
            InvalidFields: names each parameter and what is allowed.
        """
        try:
            check_names(self.query, self.query_names)
        except InvalidFields as error:
            raise self.refused_query(error) from error

    def refused_query(self, first: InvalidFields) -> InvalidFields:
        """All that is wrong with a query of which something is."""
        if (listing := self.listings.get(self.action)) is None:
            return first
        return told_at_once(first, (*listing.checks(self.query), lambda: which_page(self.query, self.dialect)))

    def check_rate(self, rate_class: str | None) -> None:
        """Count this request in a class, once; also called by actions that turn out to belong to another one.

        Raises:
            Throttled: the rate is used up.
        """
        if rate_class is None or rate_class in self.counted:
            return
        self.counted.add(rate_class)
        self.usage = count(self.request, self.resource, rate_class)
        if self.usage is not None and self.usage.exceeded:
            rate_limited(self.resource, rate_class)
            hours = f"{self.usage.limit} {rate_class} requests an hour are allowed."
            raise Throttled(wait=self.usage.seconds_left, detail=hours)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """DRF's hook; every counted answer tells the caller's budget, and none to a caller is kept anywhere."""
        if type(response) is JsonAnswer:  # nothing is left to be rendered, and no header of DRF's is in it yet
            for name, value in self.headers.items():
                response.headers[name] = value
            final: Any = response
        else:
            final = super().finalize_response(request, response, *args, **kwargs)
        if self.state and final.status_code == 200 and request.accepted_renderer.format == "json":
            final = preconditions.tagged(request, final, self.state)
        keep_private(request, final)
        if self.usage is not None:
            for name, value in self.usage.headers().items():
                final[name] = value
        return final

    @property
    def default_response_headers(self) -> dict[str, str]:
        """DRF's hook; they are the same for all requests of a route."""
        view: Any = type(self)
        return dict(headers_of_route(view, tuple(self.action_map)))

    # --- What comes in -------------------------------------------------------------------------

    def get_authenticators(self) -> list[Any]:
        """DRF's hook; they keep nothing of a request, so all requests share them."""
        return shared(tuple(self.authentication_classes))

    def get_parsers(self) -> list[Any]:
        """DRF's hook; as above."""
        return shared(tuple(self.parser_classes))

    def get_permissions(self) -> list[Any]:
        """DRF's hook; as above."""
        return shared(tuple(self.permission_classes))

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        """DRF's hook; ids of the path become numbers here."""
        for name, value in self.kwargs.items():
            if name.endswith("_id") and isinstance(value, str):
                self.kwargs[name] = kwargs[name] = read_id(value, self.id_prefixes.get(name, ""))
        found = super().initialize_request(request, *args, **kwargs)
        # Read again and again; DRF's request looks for each in vain before it asks Django's.
        vars(found).update(META=request.META, method=request.method)
        return found

    @cached_property
    def query(self) -> dict[str, Any]:
        """The query string as PHP reads it."""
        return parse_query(self.request.META.get("QUERY_STRING", ""))

    @property
    def query_names(self) -> tuple[str, ...]:
        """The names that this action's query may have."""
        view: Any = type(self)
        return query_names(view, self.action)

    def relations(self) -> Sequence[str]:
        """What `with[]` may ask for in this action: the optional fields of its answer."""
        names: tuple[str, ...] = self.outputs[self.action].row.optional
        return names

    def asked_relations(self) -> Sequence[str]:
        """What `with[]` asks for.

        Raises:
            InvalidFields: names what may be asked for.
        """
        allowed = self.relations()
        asked = as_list(self.query.get("with", []))
        if unknown := [name for name in asked if name not in allowed]:
            raise InvalidFields.of("with", f"Unknown relation {unknown[0]!r}. Allowed are: {', '.join(allowed)}.")
        return asked

    def body(self, **context: Any) -> dict[str, Any]:
        """The request body as a service's keyword arguments.

        Raises:
            ValidationError: names every field that cannot be accepted.
            InvalidFields: the body is not an object.
            LengthRequired: it is a form in chunks.
        """
        refuse_chunked_form(self.request.META)
        data = self.request.data
        if not isinstance(data, Mapping):
            raise InvalidFields.of("body", "The body must be a JSON object.")
        return self.inputs[self.action].read(data, view=self, **context)

    def get_serializer(self, *args: Any, **options: Any) -> BaseSerializer[Any] | None:
        """The In of the current action, for the browsable page and the schema."""
        serializer = self.inputs.get(self.action)
        return serializer(*args, **options) if serializer else None

    def run_bulk(self, actions: Mapping[str, BulkAction], id_name: str) -> dict[str, Any]:
        """Carry out the bulk action that the body names, if the caller may, and answer for each id.

        The In gives `action`, `ids` and `data`. Raises what `required` and `check_rate` raise.
        """
        body = self.body()
        action = actions[body["action"]]
        if action.capability:
            required(self.request.user, action.capability)
        self.check_rate(action.rate_class)
        if self.idempotency_key and action.lock:
            action.lock(body["ids"])
        results = action.run(body["ids"], body["data"])
        answer = bulk_body(results, id_name)
        if body["action"] == "export":
            found = [result.id for result in results if result.is_success]
            answer["export"] = make_link(self.request, self.resource, found)
        return answer

    # --- What goes out -------------------------------------------------------------------------

    def filtered(self, selection: Selection) -> Page:
        """One page of a selection, as the query asks for it.

        Raises:
            InvalidFields: names everything in the query that is not understood.
        """
        listing = self.listings[self.action]
        try:
            return paginate(listing.apply(selection, self.query), self.query, self.dialect, listing.page)
        except InvalidFields as error:
            raise self.refused_query(error) from error

    def unpaged(self, source: Selection | QuerySet[Any], pager: Pager = Selection.counted) -> Page:
        """A list that the documents show without paging: all rows up to a limit, a page when one is asked for."""
        if "page" in self.query or "per_page" in self.query:
            return paginate(source, self.query, self.dialect, pager)
        return page_of(source, 1, unpaged_limit(), pager)

    def reply(self, *contents: Any, **shape: Any) -> Response:
        """The answer of this action: each content through its field table, all in the dialect's envelope.

        Args:
            contents: a Page, a One, a queryset, a model instance or ready data for each part of the action's Out.
            shape: `include` and `exclude` for the field tables (`with[]=`).
        """
        out = self.outputs[self.action]
        parts = {
            name: self.spell(row, content, **shape)
            for (name, row), content in zip(out.parts.items(), contents, strict=True)
        }
        spelled = None
        if self.has_state and self.is_tagged(self.action):
            self.state, spelled = preconditions.state_of(parts[out.key], out.row.optional)
        if fields := asked_fields(self.query):
            parts = {name: only(part, fields) for name, part in parts.items()}
        elif spelled is not None and out.key and self.is_json:
            parts[out.key] = spelled
        page = next((content for content in contents if isinstance(content, Page)), None)
        pagination = page.told_by(self.dialect) if page else None
        response = self.answer(out.envelope(parts, pagination, out.message), out.status)
        if page is not None:
            self.add_page_headers(response, page)
        elif out.many:
            self.add_totals(response, total=len(parts[out.key]), pages=min(len(parts[out.key]), 1))
        return response

    def answer(self, body: Any, status: int) -> Any:
        """A body as an answer: JSON at once, unless a page is to be drawn around it, which DRF does later."""
        return JsonAnswer(body, status) if self.is_json else Response(body, status=status)

    @property
    def is_json(self) -> bool:
        """Whether the answer is JSON and not a page."""
        return type(self.request.accepted_renderer) is OrjsonRenderer

    @staticmethod
    def spell(row: Any, content: Any, **shape: Any) -> Any:
        """A content in the words of a field table; what is data already stays as it is."""
        if isinstance(content, One):
            found = row.read_one(content.found, content.key, **shape)
            if found is None:
                raise content.missing(content.key)
            return found
        if isinstance(content, Page):
            content = content.rows
        if isinstance(content, QuerySet | Found):
            return row.read(content, **shape)[1]
        if isinstance(content, Model) or is_dataclass(content):
            return row.of(content, **shape)
        return content

    def add_page_headers(self, response: Response, page: Page) -> None:
        """X-WP-Total, X-WP-TotalPages, and Link to the pages before and after (wordpress-conventions)."""
        self.add_totals(response, total=page.total, pages=page.pages)
        neighbours = {"prev": page.number - 1, "next": page.number + 1}
        links = [
            f'<{self.page_url(number)}>; rel="{name}"'
            for name, number in neighbours.items()
            if 1 <= number <= page.pages
        ]
        if links:
            response["Link"] = ", ".join(links)

    @staticmethod
    def add_totals(response: Response, *, total: int, pages: int) -> None:
        """How many there are; WordPress clients that ask for everything go on until they have it."""
        response["X-WP-Total"] = str(total)
        response["X-WP-TotalPages"] = str(pages)

    def page_url(self, number: int) -> str:
        """This request's address with another page, all other arguments kept."""
        request = self.request._request
        sent = quote(request.META.get("QUERY_STRING", ""), safe=QUERY_CHARS)
        page = f"page={number}"
        arguments = [page if argument.startswith("page=") else argument for argument in sent.split("&") if argument]
        query = "&".join(arguments if page in arguments else [*arguments, page])
        return f"{request.scheme}://{host_of(request)}{quote(request.path)}?{query}"
