"""`{% moment … %}` and `{% long_moment … %}`: times in templates, as the lists show them."""

from datetime import datetime

from django import template

from dispatch.shown.times import shown_time

register = template.Library()


@register.simple_tag
def moment(value: datetime | None) -> str:
    return shown_time(value)


@register.simple_tag
def long_moment(value: datetime | None) -> str:
    return shown_time(value, is_long=True)
