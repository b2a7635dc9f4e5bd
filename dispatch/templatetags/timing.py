"""`{% timing attempt %}`, its phases as a bar, and `text|cut_text`, which shortens what is very long."""

from django import template

from dispatch.models import Attempt
from dispatch.shown.texts import cut
from dispatch.shown.timing import shown_timing

register = template.Library()
register.filter("cut_text", cut)


@register.simple_tag
def timing(attempt: Attempt) -> str:
    return shown_timing(attempt)
