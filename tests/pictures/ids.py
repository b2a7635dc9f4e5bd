"""Ids of the demo's rows that the pages of the pictures are about. Run by `manage.py shell`; prints JSON."""

import json

from dispatch.models import Alert, Attempt, Delivery, Event, Replay
from subscribers.models import Subscriber

ids = dict(Subscriber.objects.existing().values_list("name", "pk"))
dead = Delivery.objects.filter(state="dead").latest("pk")
failed = Attempt.objects.filter(status=500).latest("pk")
ids |= {"dead": dead.pk, "event": dead.event_id, "attempt": failed.pk}
refused = Event.objects.filter(topic="order.created").exclude(deliveries__subscriber=ids["billing"]).latest("pk")
ids |= {"refused": refused.pk, "replay": Replay.objects.latest("pk").pk}
ids["alert"] = Alert.objects.filter(kind="failing").latest("pk").pk
ids["first_of_billing"] = Subscriber.history.filter(id=ids["billing"]).earliest("history_id").pk
print(json.dumps({name: str(value) for name, value in ids.items()}))
