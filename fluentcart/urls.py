"""Which URL speaks which dialect; the only place that knows."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from accounts.api import urls as user_urls
from customers.api import b2b as customers_b2b
from customers.api import urls as customer_urls
from customers.api import v1 as customers_v1
from customers.api import v2 as customers_v2
from fluentcart import health, pages
from fluentcart.api.wordpress.index import index_routes
from fluentcart.guide import CHAPTERS
from orders.api import urls as order_urls
from orders.api import v1 as orders_v1
from orders.api import v2 as orders_v2

V1_ROUTES = [
    *customer_urls.routes(customers_v1.CustomerViewSet),
    *order_urls.routes(orders_v1.OrderViewSet),
    *order_urls.product_routes(orders_v1.ProductViewSet),
]
V2_ROUTES = [
    *customer_urls.routes(customers_v2.CustomerViewSet),
    *order_urls.routes(orders_v2.OrderViewSet),
    *order_urls.product_routes(orders_v2.ProductViewSet),
]

B2B_ROUTES = customer_urls.business_routes(customers_b2b.CustomerViewSet)

MOUNTS = {
    "v2": path("wp-json/fluent-cart/v2/", include((V2_ROUTES, "v2"))),
    "v1": path("wp-json/fluent-cart/v1/", include((V1_ROUTES, "v1"))),
    "b2b": path("api/", include((B2B_ROUTES, "b2b"))),
}

WORDPRESS = path("wp-json/wp/v2/", include((user_urls.routes(), "wp")))

urlpatterns = [
    *MOUNTS.values(),
    WORDPRESS,
    *index_routes({"fluent-cart/v2": MOUNTS["v2"], "fluent-cart/v1": MOUNTS["v1"], "wp/v2": WORDPRESS}),
    path("wp-admin/", include(user_urls.admin_pages())),
    re_path(r"^wp-json(?:/|\Z)", pages.no_route),
    re_path(r"^api(?:/|\Z)", pages.no_route),
    # One door for everybody: wrong passwords are counted and slowed down there.
    path("admin/login/", RedirectView.as_view(pattern_name="login", query_string=True)),
    path("admin/", admin.site.urls),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("accounts/login/", pages.LoginPage.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(next_page="/"), name="logout"),
    path("", pages.home, {"mounts": MOUNTS}, name="home"),
    re_path(r"^docs/?\Z", pages.docs_chapter, {"mounts": MOUNTS, "chapter": "start"}, name="docs"),
    *(path(f"docs/{name}/", pages.docs_chapter, {"mounts": MOUNTS, "chapter": name}) for name in CHAPTERS),
    *(path(f"docs/{name}/", pages.ReferencePage.as_view(mounts=MOUNTS, shown=name)) for name in MOUNTS),
    *(path(f"openapi/{name}.json", pages.openapi, {"mount": mount}) for name, mount in MOUNTS.items()),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics_page),
]

handler400 = "fluentcart.pages.bad_request"
handler500 = "fluentcart.pages.server_error"
