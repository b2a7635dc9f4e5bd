"""Where each request goes."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from dispatch.admin.dashboard import fragment
from dispatch.admin.flow_map import flow_map_view
from dispatch.admin.storage import storage_view
from dispatch.admin.suggesting import suggest_subscribers, suggest_topics
from dispatch.admin.why_not import why_not_view
from dispatch.urls import handler400, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

handler403 = "switchsite.forbidden.forbidden"

admin.autodiscover()

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/dashboard/", fragment, name="dashboard_fragment"),
    path("admin/flow-map/", flow_map_view, name="flow_map"),
    path("admin/storage/", storage_view, name="storage"),
    path("admin/suggest/subscribers/", suggest_subscribers, name="suggest_subscribers"),
    path("admin/suggest/topics/", suggest_topics, name="suggest_topics"),
    path("admin/why-not/", why_not_view, name="why_not"),
    path("admin/", admin.site.urls),
    path("api/", include("dispatch.api.urls")),
    path("", include("dispatch.urls")),
]
