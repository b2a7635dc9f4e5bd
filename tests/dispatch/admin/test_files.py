"""Import and export of subscribers in the admin: shown first, then done; refused with the rows at fault."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from subscribers.history import changes
from subscribers.models import Subscriber
from subscribers.secrets import new_shared_secret
from tests.dispatch.admin.pages import text
from tests.dispatch.ledger.rows import make_subscriber
from tests.switchsite.test_roles import member

pytestmark = pytest.mark.django_db

PAGE = reverse("admin:subscribers_subscriber_files")
CSV = 'name,topic,target_url,filter_expression\r\nbilling,orders.paid,http://b:8000/,"1 < 2 and\n1 < 3"\r\n'


def upload(client: Client, name: str, content: str) -> Any:
    return client.post(PAGE, {"file": SimpleUploadedFile(name, content.encode())})


def confirm(client: Client, shown: Any) -> Any:
    return client.post(PAGE, shown.context["carried"] | {"confirmed": ""}, follow=True)


def test_a_file_is_shown_and_then_imported_as_it_was_shown(admin_client: Client) -> None:
    old = make_subscriber(name="billing", topic="orders", target_url="http://b:8000/")
    shown = upload(admin_client, "all.csv", CSV)
    assert "<del>orders</del>" in text(shown)
    assert "<ins>orders.paid</ins>" in text(shown)
    old.refresh_from_db()
    assert old.topic == "orders", "looking at it must not import"
    assert Subscriber.history.count() == 1
    assert "Imported: 0 created, 1 changed, 0 as they were." in text(confirm(admin_client, shown))
    old.refresh_from_db()
    assert (old.topic, old.filter_expression) == ("orders.paid", "1 < 2 and\n1 < 3")
    newest = changes(old)[0]
    assert (newest.name, newest.reason) == ("admin", "Imported from all.csv.")


def test_bad_rows_are_named_and_nothing_is_imported(admin_client: Client) -> None:
    rows = "- {name: a, topic: t, target_url: http://a/}\n- {name: b, topic: t, target_url: nonsense}\n"
    shown = upload(admin_client, "all.yaml", rows)
    assert "Row 2 (b), target_url: " in text(shown)
    assert "confirmed" not in text(shown)
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("all.txt", "x", "ends in none of"),
        ("all.json", "{", "not JSON"),
        ("all.yaml", "- secret: x", "A secret does not"),
    ],
)
def test_a_wrong_file_is_refused_in_words(admin_client: Client, name: str, content: str, reason: str) -> None:
    assert reason in text(upload(admin_client, name, content))


@pytest.mark.parametrize("posted", [{}, {"name": "all.yaml", "content": "%%%"}])
def test_nothing_and_nonsense_are_refused(admin_client: Client, posted: dict[str, str]) -> None:
    answer = admin_client.post(PAGE, posted | {"confirmed": ""})
    assert answer.status_code == 200
    assert answer.context["form"].non_field_errors()


@pytest.mark.parametrize("ending", ["yaml", "json", "csv"])
def test_an_export_has_no_secrets_and_is_imported_again(admin_client: Client, ending: str) -> None:
    secret = new_shared_secret()
    make_subscriber(name="billing", target_url="http://b:8000/", secret=secret, previous_secret=secret)
    answer = admin_client.get(reverse("admin:subscribers_subscriber_export", args=[ending]))
    assert f'filename="subscribers.{ending}"' in answer.headers["Content-Disposition"]
    assert secret not in text(answer)
    shown = upload(admin_client, f"all.{ending}", text(answer))
    assert shown.context["counts"] == {"created": 0, "changed": 0, "same": 1}


def test_a_viewer_exports_and_does_not_import(client: Client) -> None:
    client.force_login(member("viewer"))
    assert "Import</h2>" not in text(client.get(PAGE))
    assert client.get(reverse("admin:subscribers_subscriber_export", args=["yaml"])).status_code == 200
    assert upload(client, "all.csv", CSV).status_code == 403
    assert not Subscriber.objects.exists()


def test_whoever_may_not_see_subscribers_does_not_export_them(client: Client, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create_user("clerk", is_staff=True))
    assert client.get(PAGE).status_code == 403
    assert client.get(reverse("admin:subscribers_subscriber_export", args=["yaml"])).status_code == 403


def test_the_page_asks_little(admin_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    admin_client.get(PAGE)
    with django_assert_max_num_queries(8):
        admin_client.get(PAGE)
