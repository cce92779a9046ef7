"""The admin, and a probe that says who the authenticators take the caller for."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import APIException
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request

from accounts.authentication import ApplicationPasswordAuthentication, BrowserSessionAuthentication


@csrf_exempt
def whoami(request: HttpRequest) -> JsonResponse:
    """The login and the application password of the caller, or the refusal, as REST framework would see it."""
    asked = Request(
        request,
        parsers=[FormParser(), MultiPartParser()],
        authenticators=[ApplicationPasswordAuthentication(), BrowserSessionAuthentication()],
    )
    try:
        body = {"login": getattr(asked.user, "login", None), "auth": getattr(asked.auth, "name", None)}
    except APIException as refused:
        wait = getattr(refused, "wait", None)
        return JsonResponse({"refused": str(refused.detail), "wait": wait}, status=refused.status_code)
    return JsonResponse({**body, "session_opened": request.session.accessed})


urlpatterns = [path("whoami/", whoami), path("admin/", admin.site.urls)]
