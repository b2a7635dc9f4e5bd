"""The addresses of the admin's pages about subscribers."""

from django.urls import reverse

from subscribers.models import Subscriber

LIST = reverse("admin:subscribers_subscriber_changelist")
#: What a dialog sends.
SUBMITTED = {"_form_submitted": "True"}


def url(subscriber: Subscriber, act: str = "change") -> str:
    return reverse(f"admin:subscribers_subscriber_{act}", args=[subscriber.pk])
