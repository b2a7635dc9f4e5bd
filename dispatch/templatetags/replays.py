"""`{% replay_progress replay %}` and `replay|about_replay`: what a replay is about, and how far it is."""

from django import template

from dispatch.replays.telling import about
from dispatch.shown.progress import shown_progress

register = template.Library()
register.filter("about_replay", about)
register.simple_tag(shown_progress, name="replay_progress")
