"""The addresses of the management API, of its schema and of its documentation."""

from django.urls import include, path, re_path, register_converter
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.routers import SimpleRouter

from dispatch.api import described  # noqa: F401 - drf-spectacular knows its extensions once they are imported
from dispatch.api.views.ledger import AttemptViewSet, DeliveryViewSet, EventViewSet
from dispatch.api.views.replays import ReplayViewSet
from dispatch.api.views.subscribers import SubscriberViewSet
from dispatch.api.views.testing import BackTestViewSet, ExplainViewSet
from dispatch.api.views.tokens import NowhereView, RefreshTokenView, SignInView
from dispatch.api.views.topics import TopicViewSet
from dispatch.negotiation import AsAskedFor


class IdConverter:
    """A number that every database has room for."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(IdConverter, "id")

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
for name, view in (
    ("subscribers", SubscriberViewSet),
    ("explain", ExplainViewSet),
    ("back-test", BackTestViewSet),
    ("events", EventViewSet),
    ("deliveries", DeliveryViewSet),
    ("attempts", AttemptViewSet),
    ("replays", ReplayViewSet),
    ("topics", TopicViewSet),
):
    router.register(name, view, basename=name)

# The schema and its page tell nothing that the documentation does not.
OPEN = {"authentication_classes": (), "permission_classes": (AllowAny,)}
YAML_OR_JSON = {"content_negotiation_class": AsAskedFor}

urlpatterns = [
    path("v1/token", SignInView.as_view()),
    path("v1/token/refresh", RefreshTokenView.as_view()),
    path("v1/", include(router.urls)),
    path("schema/", SpectacularAPIView.as_view(**OPEN, **YAML_OR_JSON), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema", **OPEN), name="docs"),
    re_path("", NowhereView.as_view()),
]
