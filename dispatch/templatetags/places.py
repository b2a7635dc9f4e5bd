"""`part|is_among:places`: whether a part of an expression is one of those at these places of its text."""

from django import template

from dispatch.revealing import Shown

register = template.Library()


@register.filter
def is_among(part: Shown, places: set[tuple[int, int]]) -> bool:
    return (part.start, part.end) in places
