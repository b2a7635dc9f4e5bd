"""Subscribers of a file against those that are here: what is new, changed or refused, and the change itself.

The admin and the commands use this one resource. Rows match by name, and nameless ones by topic, URL and filter.
"""

import math
from typing import Any

from django.core.exceptions import ValidationError
from import_export import widgets
from import_export.resources import ModelResource

from subscribers.files import FIELDS, LEFT_OUT
from subscribers.history import Difference, compared
from subscribers.models import Subscriber
from subscribers.querysets import SubscriberQuerySet

#: What a new subscriber has where the file says nothing. What only the database would fill in, full_clean cannot check.
DEFAULTS = {
    "name": "",
    "filter_expression": "",
    "state": Subscriber.State.ACTIVE.value,
    "body_format": Subscriber.Format.PLAIN.value,
    "retry_limit": 25,
}
SAME = ("topic", "target_url", "filter_expression")


class WholeWidget(widgets.IntegerWidget):  # type: ignore[misc] # import-export comes without types
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int | None:
        if value in (None, ""):
            return None
        try:
            return int(str(value))
        except ValueError as error:
            raise ValueError(f"A whole number is needed, not {value!r}.") from error


class FiniteWidget(widgets.FloatWidget):  # type: ignore[misc]
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> float | None:
        if value in (None, ""):
            return None
        try:
            number = float(str(value))
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise ValueError(f"A number is needed, not {value!r}.")
        return number


class Differences:
    """What a row changes, in the place of import-export's HTML."""

    def __init__(self, resource: Any, instance: Subscriber, new: bool) -> None:
        self._values = {name: getattr(instance, name) for name in FIELDS}
        self._found: tuple[Difference, ...] = ()

    def compare_with(self, resource: Any, instance: Subscriber | None) -> None:
        if instance is not None:
            self._found = compared(_Before(self._values), {name: getattr(instance, name) for name in FIELDS})

    def as_html(self) -> tuple[Difference, ...]:
        return self._found


class _Before:
    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)


class SubscriberResource(ModelResource):  # type: ignore[misc]
    WIDGETS_MAP = {
        **ModelResource.WIDGETS_MAP,
        "FloatField": FiniteWidget,
        "PositiveIntegerField": WholeWidget,
        "PositiveSmallIntegerField": WholeWidget,
    }

    class Meta:
        model = Subscriber
        fields = import_order = export_order = FIELDS
        import_id_fields = ("name",)
        skip_unchanged = True
        report_skipped = True
        use_transactions = True
        clean_model_instances = True
        store_instance = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        #: Subscribers that a row of the file stands for, and the row that does.
        self.named: dict[int, int] = {}
        #: Those that `prune` has deleted, or would delete.
        self.pruned: list[Subscriber] = []

    @classmethod
    def get_display_name(cls) -> str:
        return "Subscribers"

    def get_diff_class(self) -> Any:
        return Differences

    def get_queryset(self) -> SubscriberQuerySet:
        return Subscriber.objects.existing()

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        """In an order that does not change with the ids, so that a file in git keeps still."""
        return queryset.order_by("name", "topic", "target_url", "id")

    def export_field(self, field: Any, instance: Subscriber, **kwargs: Any) -> Any:
        return getattr(instance, field.attribute)

    def init_instance(self, row: Any = None) -> Subscriber:
        return Subscriber(**DEFAULTS)

    def get_instance(self, instance_loader: Any, row: Any) -> Subscriber | None:
        name = _given(row, "name")
        if name:
            return self.get_queryset().filter(name=name).first()
        same = self.get_queryset().filter(name="", **{field: _given(row, field) for field in SAME})
        return same.exclude(pk__in=self.named).order_by("pk").first()

    def after_init_instance(self, instance: Subscriber, new: bool, row: Any, **kwargs: Any) -> None:
        if new:
            return
        if first := self.named.get(instance.pk):
            raise ValidationError({"name": f"Row {first} has this name already."})
        self.named[instance.pk] = kwargs["row_number"]

    def import_field(self, field: Any, instance: Subscriber, row: Any, is_m2m: bool = False, **kwargs: Any) -> None:
        if row[field.column_name] is not LEFT_OUT:
            super().import_field(field, instance, row, is_m2m, **kwargs)

    def do_instance_save(self, instance: Subscriber, is_create: bool) -> None:
        """Writes only what the file may say: a pause that came meanwhile stays."""
        if is_create:
            instance.save(force_insert=True)
        else:
            instance.save(update_fields=FIELDS)

    def after_save_instance(self, instance: Subscriber, row: Any, **kwargs: Any) -> None:
        if instance.pk:
            self.named.setdefault(instance.pk, kwargs["row_number"])

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        if kwargs.get("prune") and not result.has_errors() and not result.has_validation_errors():
            absent = self.get_queryset().exclude(pk__in=self.named)
            self.pruned = list(absent.order_by("pk"))
            absent.delete()


def _given(row: Any, name: str) -> str:
    value = row[name]
    return "" if value is LEFT_OUT or value is None else str(value)
