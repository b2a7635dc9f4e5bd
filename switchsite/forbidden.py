"""The page for who is signed in, but may not do what was asked."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Says which groups the user is in, since a user of another group, or an administrator, is what helps."""
    groups = list(request.user.groups.order_by("name").values_list("name", flat=True))
    context = {**admin.site.each_context(request), "title": "You may not do this", "groups": groups}
    return render(request, "switchsite/forbidden.html", context, status=403)
