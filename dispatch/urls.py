"""The paths that publishers and probes call."""

from django.urls import path

from dispatch.views import EventView, HealthView, PublishView, ReadyView, RefreshView

urlpatterns = [
    path("publish", PublishView.as_view()),
    path("events/<uuid:event_id>", EventView.as_view()),
    path("refresh", RefreshView.as_view()),
    path("healthz", HealthView.as_view()),
    path("readyz", ReadyView.as_view()),
]
