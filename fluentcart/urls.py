"""Which URL speaks which dialect; the only place that knows."""

from django.contrib import admin
from django.urls import include, path

from customers.api import urls as customer_urls
from customers.api import v2 as customers_v2

V2_ROUTES = customer_urls.routes(customers_v2.CustomerViewSet)

urlpatterns = [
    path("wp-json/fluent-cart/v2/", include((V2_ROUTES, "v2"))),
    path("admin/", admin.site.urls),
]
