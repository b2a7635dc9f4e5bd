"""The paths that publishers and probes call."""

from django.urls import path

from dispatch.views import EventView, HealthView, MetricsView, PublishView, ReadyView, RefreshView

handler400 = "dispatch.fallbacks.bad_request"
handler404 = "dispatch.fallbacks.not_found"
handler500 = "dispatch.fallbacks.server_error"

urlpatterns = [
    path("publish", PublishView.as_view()),
    path("events/<uuid:event_id>", EventView.as_view()),
    path("refresh", RefreshView.as_view()),
    path("metrics", MetricsView.as_view()),
    path("healthz", HealthView.as_view()),
    path("readyz", ReadyView.as_view()),
]
