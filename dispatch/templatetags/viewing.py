"""What templates show of requests and answers: `{{ attempt.url|seen_url }}`."""

from django import template

from dispatch import viewing

register = template.Library()
for _filter in (viewing.seen_text, viewing.seen_url, viewing.seen_headers, viewing.seen_error):
    register.filter(_filter.__name__, _filter)
