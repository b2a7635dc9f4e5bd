"""Who takes part in the demo: topics with their publishers, and subscribers with their manners."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

#: Where the demo's receiver listens, and a place where nothing does.
RECEIVER_PORT = 8765
NOWHERE_PORT = 8766

CURRENCIES = ("EUR", "EUR", "EUR", "USD", "GBP")
COUNTRIES = ("DE", "DE", "FR", "NL", "US", "GB", "PL")
CARRIERS = ("DHL", "UPS", "DPD")
PLANS = ("free", "team", "company")


@dataclass(frozen=True, slots=True)
class Topic:
    """`fields` are what the body of its events may hold: a range, or values to choose from."""

    name: str
    author: str
    per_hour: float
    fields: Mapping[str, Sequence[Any]]

    def data(self, number: int, random: Random) -> dict[str, Any]:
        """What one event holds, with a secret or two, as real ones have them."""
        body = {"id": number, **{name: random.choice(values) for name, values in self.fields.items()}}
        headers = {"Authorization": f"Bearer demo-{number}", "X-Source": self.author}
        return {"body": body, "headers": headers, "path_params": {"id": number}}


@dataclass(frozen=True, slots=True)
class Listener:
    """`manner` is how it answers; see answers.py."""

    name: str
    topic: str
    filter_expression: str = ""
    manner: str = "steady"
    path: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def target_url(self) -> str:
        port = NOWHERE_PORT if self.manner == "down" else RECEIVER_PORT
        return f"http://127.0.0.1:{port}/{self.name}{self.path}"


TOPICS = (
    Topic("order.created", "shop", 60, {"total": range(5, 900), "currency": CURRENCIES, "country": COUNTRIES}),
    Topic("order.paid", "shop", 50, {"total": range(5, 900), "method": ("card", "card", "invoice", "wallet")}),
    Topic("order.cancelled", "shop", 6, {"reason": ("customer", "customer", "fraud", "stock")}),
    Topic("payment.failed", "payments", 8, {"code": ("declined", "expired", "limit"), "attempt": range(1, 4)}),
    Topic("invoice.sent", "billing", 40, {"total": range(5, 900), "due_days": (14, 30)}),
    Topic("parcel.sent", "warehouse", 45, {"carrier": CARRIERS, "weight_kg": range(1, 30)}),
    Topic("parcel.delivered", "warehouse", 40, {"carrier": CARRIERS, "on_time": (True, True, True, False)}),
    Topic("stock.low", "warehouse", 12, {"sku": range(1000, 1400), "left": range(10)}),
    Topic("user.signed_up", "accounts", 15, {"plan": PLANS, "country": COUNTRIES, "email": ("a@example.com",)}),
    Topic("user.deleted", "accounts", 1, {"reason": ("asked", "inactive")}),
    Topic("page.viewed", "web", 90, {"page": ("/", "/prices", "/docs", "/blog"), "seconds": range(1, 300)}),
    Topic("build.finished", "ci", 9, {"result": ("passed", "passed", "passed", "failed"), "minutes": range(2, 40)}),
)

LISTENERS = (
    Listener("billing", "order.created", 'data["body"]["total"] > 100', path="/orders/:id"),
    Listener("fraud-check", "order.created", 'data["body"]["total"] > 500 and data["body"]["country"] != "DE"'),
    Listener("warehouse", "order.paid", manner="slow"),
    Listener("loyalty", "order.paid", 'data["body"]["method"] in ("card", "wallet")'),
    Listener("accounting", "order.*", fields={"body_format": "cloudevents_structured"}),
    Listener("mail-receipts", "order.paid", manner="flaky"),
    Listener("mail-cancellations", "order.cancelled"),
    Listener("crm", "order.created", 'data["body"]["country"] == "US"', manner="flaky"),
    Listener("support", "payment.failed", 'data["body"]["attempt"] >= 2'),
    Listener("dunning", "payment.failed", manner="throttling"),
    Listener("ledger", "invoice.sent", fields={"body_format": "cloudevents_binary"}),
    Listener("archive", "invoice.*", manner="slow"),
    Listener("tax-office", "invoice.sent", 'data["body"]["total"] > 250', manner="picky"),
    Listener("tracking", "parcel.sent", path="/parcels/:id"),
    Listener("carrier-dhl", "parcel.sent", 'data["body"]["carrier"] == "DHL"', manner="failing"),
    Listener("carrier-ups", "parcel.sent", 'data["body"]["carrier"] == "UPS"', manner="down"),
    Listener("satisfaction", "parcel.delivered", 'not data["body"]["on_time"]'),
    Listener("delivered-mails", "parcel.delivered", fields={"rate_limit_per_second": 50.0}),
    Listener("purchasing", "stock.low", 'data["body"]["left"] < 3'),
    Listener("shop-display", "stock.low"),
    Listener("welcome-mails", "user.signed_up", manner="flaky"),
    Listener("sales-team", "user.signed_up", 'data["body"]["plan"] == "company"'),
    Listener("old-crm", "user.signed_up", manner="gone"),
    Listener("privacy", "user.deleted"),
    Listener("analytics", "page.viewed", manner="hanging"),
    Listener("heatmap", "page.viewed", 'data["body"]["page"] == "/prices"', manner="paused"),
    Listener("recommender", "page.viewed", 'data["body"]["seconds"] > 60', manner="broken"),
    Listener("chat-alerts", "build.finished", 'data["body"]["result"] == "failed"'),
    Listener("typo", "build.finnished"),
    Listener("retired", "order.cancelled", manner="deleted"),
)
BY_NAME = {listener.name: listener for listener in LISTENERS}
