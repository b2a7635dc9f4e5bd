"""Where each request goes."""

from django.contrib import admin
from django.urls import include, path

from dispatch.admin.storage import storage_view

urlpatterns = [
    path("admin/storage/", storage_view, name="storage"),
    path("admin/", admin.site.urls),
    path("", include("dispatch.urls")),
]
