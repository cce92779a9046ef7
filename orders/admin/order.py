"""Orders in the admin: looked at here, changed only by the services behind the steps of `orders/admin/steps.py`."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from accounts.models import User
from fluentcart.admin import ReadOnlyInline, ServiceAdmin, ServiceForm, ids_of, money_column
from fluentcart.admin.exporting import ExportPages
from fluentcart.admin.steps import StepPages
from fluentcart.bulk import run_each
from fluentcart.errors import DomainError
from fluentcart.history.admin import timeline
from fluentcart.history.models import Subject
from fluentcart.kept.searching import is_id
from orders import states
from orders.admin.create import NO_ADDRESS, NewOrder, lacks_address
from orders.admin.export import OrderResource
from orders.admin.paging import FoundPaginator, OrderList, mere_search
from orders.admin.steps import STEPS, RestoreForm, StepForm
from orders.models import Order, OrderItem, OrderTransaction
from orders.policies import OrderPolicy
from orders.search import find_orders
from orders.services.bulk import bulk_update_status
from orders.services.delete import delete_order, restore_order
from orders.services.update import check_editable, update_order
from orders.start_page import WAITING_ORDERS

IN_TRASH = "only"


class OrderPartInline(ReadOnlyInline):
    """Parts of an order, with the order at hand for its currency."""

    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """See InlineModelAdmin."""
        return super().get_queryset(request).select_related("order")


class ItemInline(OrderPartInline):
    """What was ordered, with where its pieces are."""

    model = OrderItem
    unit_price = money_column("unit_price_cents", "unit price", currency="order.currency")
    shipping = money_column("shipping_charge_cents", "shipping", currency="order.currency")
    line_total = money_column("line_total_cents", "line total", currency="order.currency")
    refunded = money_column("refund_total_cents", "refunded", currency="order.currency")
    fields = readonly_fields = (
        "title", "variation_title", "sku", "quantity", "unit_price", "line_total", "shipping", "refunded",
        "held_count", "committed_count", "restocked_count",
    )  # fmt: skip


class TransactionInline(OrderPartInline):
    """Money that moved."""

    model = OrderTransaction
    verbose_name_plural = "transactions"
    amount = money_column("amount_cents", "amount", currency="currency")
    fields = readonly_fields = (
        "type", "status", "amount", "payment_method", "gateway", "vendor_charge_id", "reason", "failure", "created_at",
    )  # fmt: skip


class WaitsFilter(admin.SimpleListFilter):
    """What waits for staff, by the same definitions as the numbers of the start page."""

    title = "what waits"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """See SimpleListFilter."""
        return [("unpaid", "For payment"), ("to_ship", "To be shipped"), ("uncertain_refund", "For a refund's answer")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        """See SimpleListFilter."""
        find = WAITING_ORDERS.get(self.value() or "")
        return find(queryset) if find else None


class TrashFilter(admin.SimpleListFilter):
    """Deleted orders in place of the others, for those who may restore them."""

    title = "trash"
    parameter_name = "trash"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """See SimpleListFilter; nobody else is told that there is a trash."""
        return [(IN_TRASH, "Deleted orders")] if may_restore(request) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """See SimpleListFilter; `OrderAdmin.get_queryset` has begun with the deleted ones."""
        return queryset


class OrderForm(ServiceForm):
    """The only thing about an order that is simply typed."""

    class Meta:
        model = Order
        fields = ("note",)


class OrderActionForm(ActionForm):
    """The action on ticked orders, and the status that "Change status" sets."""

    status = forms.ChoiceField(
        required=False,
        choices=[("", "---------")]
        + [(word.value, word.value) for word in states.OrderStatus if word in states.EDITABLE_ORDER_STATUSES],
    )


@admin.register(Order)
class OrderAdmin(ExportPages, StepPages, ServiceAdmin):
    """The shop's orders. Totals are shown and never typed."""

    form = OrderForm
    action_form = OrderActionForm
    export_capability = "orders/export"
    export_resource = OrderResource
    inlines = [ItemInline, TransactionInline]
    total = money_column("total_amount_cents", "total", currency="currency")
    paid = money_column("total_paid_cents", "paid", currency="currency")
    refunded = money_column("total_refund_cents", "refunded", currency="currency")
    subtotal = money_column("subtotal_cents", "subtotal", currency="currency")
    discount = money_column("discount_total_cents", "discount", currency="currency")
    shipping = money_column("shipping_total_cents", "shipping", currency="currency")
    tax = money_column("tax_total_cents", "tax", currency="currency")
    list_display = ("id", "numbers", "customer_link", "status", "payment", "sending", "total", "made")
    list_display_links = ("id", "numbers")
    # What is sorted by has an index; any other column would sort the whole table for each page.
    sortable_by = ("id", "made")
    list_filter = (WaitsFilter, TrashFilter, "status", "payment_status", "shipping_status", "mode", "created_at")
    list_select_related = ("customer",)
    search_fields = ("search_text",)
    search_help_text = "Invoice number, customer, product or id."
    ordering = ("-id",)
    actions = ["delete_selected", "change_status", "restore"]
    autocomplete_fields = ("customer",)
    statuses = ("status", "payment_status", "shipping_status")
    totals = ("subtotal", "discount", "shipping", "tax", "total", "paid", "refunded")
    dates = ("created_at", "paid_at", "shipped_at", "delivered_at", "completed_at", "refunded_at")
    methods = ("payment_method", "shipping_method", "mode", "type", "fulfillment_type")
    fieldsets = (
        (None, {"fields": (("number", "receipt_number", "order_number"), "customer_link", statuses, "note")}),
        ("Money", {"fields": (totals,)}),
        ("Addresses", {"fields": ("addresses",)}),
        ("How", {"fields": (methods,)}),
        ("When", {"fields": (dates,)}),
        ("History", {"fields": ("timeline",)}),
    )
    readonly_fields = (
        "number",
        "receipt_number",
        "order_number",
        "customer_link",
        "addresses",
        *statuses,
        *totals,
        *methods,
        *dates,
        "timeline",
    )

    @admin.display(description="timeline")
    def timeline(self, order: Order) -> str:
        """What happened to the order, the newest first."""
        return timeline(Subject.ORDER, order.pk)

    @admin.display(description="billed and sent to")
    def addresses(self, order: Order) -> str:
        """The order's own copies, which no later edit of the address book changes."""
        rows = order.addresses.order_by("type")
        return render_to_string("admin/orders/order/addresses.html", {"addresses": rows})

    @admin.display(description="number", ordering="receipt_number")
    def number(self, order: Order) -> str:
        """The invoice number; an unpaid order has none yet."""
        return order.invoice_no or "-"

    @admin.display(description="numbers", ordering="receipt_number")
    def numbers(self, order: Order) -> str:
        """The order's and the invoice's number, one below the other."""
        return format_html("{}<br>{}", order.order_number or "-", order.invoice_no)

    @admin.display(description="payment", ordering="payment_status")
    def payment(self, order: Order) -> str:
        """A short heading for the list."""
        return order.get_payment_status_display()

    @admin.display(description="shipping", ordering="shipping_status")
    def sending(self, order: Order) -> str:
        """A short heading for the list."""
        return order.get_shipping_status_display() or "-"

    @admin.display(description="made", ordering="created_at")
    def made(self, order: Order) -> str:
        """The day, in the viewer's zone; the order's page has the time."""
        return f"{timezone.localtime(order.created_at):%Y-%m-%d}"

    @admin.display(description="deleted")
    def deleted(self, order: Order) -> str:
        """The day, in the viewer's zone."""
        return f"{timezone.localtime(order.deleted_at):%Y-%m-%d}"

    @admin.display(description="customer")
    def customer_link(self, order: Order) -> str:
        """Who ordered."""
        url = reverse("admin:customers_customer_change", args=[order.customer_id])
        return format_html('<a href="{}">{}</a>', url, order.customer.full_name or order.customer.email)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The same rule as in the API."""
        term = " ".join(search_term.split())
        return (find_orders(queryset, term) if term else queryset), False

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[OrderList]:
        """See ModelAdmin."""
        return OrderList

    def get_paginator(self, request: HttpRequest, queryset: Any, per_page: int, *rest: Any, **options: Any) -> Any:
        """See ModelAdmin; what is merely searched is found as in the API."""
        if selection := mere_search(request):
            return FoundPaginator(self.get_queryset(request), per_page, selection)
        return super().get_paginator(request, queryset, per_page, *rest, **options)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Orders with their customer: those that are not deleted, or the deleted ones in the list of the trash."""
        found = deleted_orders() if shows_trash(request) else super().get_queryset(request)
        return found.select_related("customer")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Order | None:
        """See ModelAdmin; a deleted order too, for those who may restore it."""
        found: Order | None = super().get_object(request, object_id, from_field)
        if found is None and may_restore(request) and is_id(object_id):
            return deleted_orders().select_related("customer").filter(pk=int(object_id)).first()
        return found

    def has_change_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        """See ModelAdmin; a deleted order is looked at, and restored."""
        return super().has_change_permission(request, obj) and (obj is None or obj.deleted_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        """See ModelAdmin; what is deleted is not deleted again."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.deleted_at is None)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """See ModelAdmin; in the trash the one thing to do is to restore, and elsewhere there is nothing to restore."""
        in_trash = shows_trash(request)
        return {
            name: action for name, action in super().get_actions(request).items() if (name == "restore") == in_trash
        }

    def get_list_display(self, request: HttpRequest) -> Any:
        """See ModelAdmin; of a deleted order the day of its end too."""
        return (*self.list_display, "deleted") if shows_trash(request) else self.list_display

    def get_urls(self) -> list[URLPattern]:
        """The admin's own pages of an order, and one for each step."""
        steps = [
            path(
                f"<int:order_id>/{step.slug}/",
                self.admin_site.admin_view(partial(self.step_view, step=step)),
                name=f"orders_order_{step.slug}",
            )
            for step in STEPS
        ]
        return [*steps, *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """The order, with the steps that this person may take."""
        order = self.get_object(request, object_id)
        steps = [step for step in STEPS if order and step.is_offered(order, staff(request))]
        context: dict[str, Any] = {"steps": [(step.title, f"admin:orders_order_{step.slug}") for step in steps]}
        if order and not is_editable(order):
            context |= {"show_save": False, "show_save_and_continue": False}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def get_readonly_fields(self, request: HttpRequest, obj: Order | None = None) -> Any:
        """A closed order keeps its note."""
        closed = ("note",) if obj and not is_editable(obj) else ()
        return (*super().get_readonly_fields(request, obj), *closed)

    def save_model(self, request: HttpRequest, obj: Order, form: Any, change: bool) -> None:
        """Keep the note."""
        if "note" in form.changed_data:
            update_order(order_id=obj.pk, note=form.cleaned_data["note"])

    def remove(self, obj: Order) -> None:
        """See ServiceAdmin; the row stays for the books."""
        delete_order(order_id=obj.pk)

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """What the API asks of a bulk action."""
        return not staff(request).capabilities.isdisjoint(OrderPolicy.any_of["bulk"])

    @admin.action(permissions=["manage"], description="Change status of selected orders to the one beside")
    def change_status(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Move each along its order status."""
        try:
            results = bulk_update_status(order_ids=ids_of(queryset), status=request.POST.get("status", ""))
        except DomainError:
            self.message_user(request, "Choose a status beside the action.", messages.ERROR)
            return
        self.tell(request, results, f"set to {request.POST['status']}")

    def has_restore_permission(self, request: HttpRequest) -> bool:
        """What the API asks of whoever restores."""
        return may_restore(request)

    @admin.action(permissions=["restore"], description="Restore selected orders")
    def restore(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Take each out of the trash, and say which could not be and why."""
        results = run_each(ids_of(queryset), lambda order_id: restore_order(order_id=order_id))
        self.tell(request, results, "restored")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A new order from customer and lines; prices, stock and addresses are the service's business."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        new = NewOrder(request.POST or None, initial={"customer": request.GET.get("customer")})
        if request.method == "POST" and new.is_valid() and (order := new.store()):
            self.log_addition(request, order, "Made in the admin.")
            self.message_user(request, f"{order} was made.", messages.SUCCESS)
            if lacks_address(order):
                self.message_user(request, NO_ADDRESS, messages.WARNING)
            return redirect("admin:orders_order_change", order.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": "Add order",
            "opts": self.opts,
            "form": new.form,
            "lines": new.lines,
            "media": self.media + new.media,
        }
        return TemplateResponse(request, "admin/orders/order/add.html", context)

    def step_view(self, request: HttpRequest, order_id: int, *, step: type[StepForm]) -> HttpResponse:
        """Ask for what a step needs, and take it. Not in a transaction: a refund calls a gateway between two."""
        if not step.is_allowed(staff(request)):
            raise PermissionDenied
        order = self.get_object(request, str(order_id))
        if order is None or not step.is_about(order):
            raise Http404(f"Order with ID {order_id} not found")
        data = request.POST if request.method == "POST" else None
        return self.step_page(request, order, step(data, order=order, user=staff(request)))


def deleted_orders() -> QuerySet[Order]:
    """What is in the trash."""
    return Order.with_deleted.filter(deleted_at__isnull=False)


def may_restore(request: HttpRequest) -> bool:
    """Whether this person may see the trash and take orders out of it."""
    return RestoreForm.is_allowed(staff(request))


def shows_trash(request: HttpRequest) -> bool:
    """Whether the list of deleted orders was asked for by somebody who may see it."""
    return request.GET.get(TrashFilter.parameter_name) == IN_TRASH and may_restore(request)


def is_editable(order: Order) -> bool:
    """Whether the service would store another note."""
    try:
        check_editable(order)
    except DomainError:
        return False
    return True


def staff(request: HttpRequest) -> User:
    """Who is asking; `admin_view` lets nobody else in."""
    assert isinstance(request.user, User)
    return request.user
