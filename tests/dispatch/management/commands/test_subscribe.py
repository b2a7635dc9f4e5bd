"""The command adds what the admin would accept, and names the field that it would not."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from subscribers.models import Subscriber

pytestmark = pytest.mark.django_db


def test_subscriber_is_added_as_told() -> None:
    output = StringIO()
    arguments = ["order.created", "http://billing:8000/:id", "--filter", 'data["a"] == 1', "--name", "Billing"]
    call_command("subscribe", *arguments, stdout=output, no_color=True)
    subscriber = Subscriber.objects.get()
    assert (subscriber.topic, subscriber.target_url) == ("order.created", "http://billing:8000/:id")
    assert (subscriber.filter_expression, subscriber.name) == ('data["a"] == 1', "Billing")
    assert subscriber.state == Subscriber.State.ACTIVE
    assert output.getvalue() == f"Subscriber {subscriber.pk} hears of order.created.\n"


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["", "http://billing/"], "topic"),
        (["a", "ftp://billing/"], "target_url"),
        (["a", "http://billing/", "--filter", "data["], "filter_expression"),
    ],
    ids=["empty topic", "scheme that is not sent to", "broken filter"],
)
def test_wrong_value_is_told_by_its_field(arguments: list[str], field: str) -> None:
    with pytest.raises(CommandError, match=f"^{field}: "):
        call_command("subscribe", *arguments)
    assert not Subscriber.objects.exists()
