"""What all views of the management API share."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.viewsets import GenericViewSet

from dispatch.api.authentication import ApiKeyAuthentication, StaffAuthentication
from dispatch.api.paging import NewestFirst
from dispatch.api.parsing import StrictJSONParser
from dispatch.api.permissions import MayDoThis, Need, demand
from dispatch.api.problems import exception_handler
from dispatch.api.querying import StrictQueryView


class ManagedViewSet(StrictQueryView, GenericViewSet):  # type: ignore[type-arg] # the stubs alone take an argument
    """Authentication, permission, throttling, JSON and problems; `needs` names the rights for each action."""

    authentication_classes = (ApiKeyAuthentication, StaffAuthentication)
    permission_classes = (MayDoThis,)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "api"
    parser_classes = (StrictJSONParser,)
    pagination_class: type[NewestFirst] | None = NewestFirst
    filter_backends = (DjangoFilterBackend,)
    #: Without OPTIONS, which no address has: DRF would name it in `Allow`.
    http_method_names = ("get", "head", "post", "put", "patch", "delete")
    metadata_class = None
    tells_problems = True  # to the schema: the answers that all of them can give
    needs: ClassVar[Mapping[str, Sequence[Need]]] = {}

    def query_names(self) -> Sequence[str]:
        return _names_of_lists(self) if self.action == "list" else ()

    def get_exception_handler(self) -> Any:
        return exception_handler

    def demand(self, need: Need) -> None:
        demand(self.request, need)

    @property
    def caller(self) -> str:
        return str(self.request.user.get_username())[:150]

    def checked(self, serializer_class: Any) -> Any:
        """The request's body as the serializer has it. Raises ValidationError."""
        serializer = serializer_class(data=self.request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


class ReadViewSet(ListModelMixin, RetrieveModelMixin, ManagedViewSet):
    """Lists, and reads one."""


def _names_of_lists(view: ManagedViewSet) -> list[str]:
    filters = getattr(view, "filterset_class", None)
    pages = view.pagination_class
    paging = (pages.cursor_query_param, pages.page_size_query_param) if pages else ()
    return [*(filters.base_filters if filters else ()), *paging]
