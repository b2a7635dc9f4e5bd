"""What the demo leaves out: keys of machines, and alerts of what is wrong in it. Run by `manage.py shell`."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from dispatch.alerts.conditions import Judgement, judge
from dispatch.alerts.keeping import keep
from dispatch.api import keys
from dispatch.models import ApiKey, Notice

PASSING = ("stalled", "backlog")  # as long as the demo has no consumer

now = timezone.now()
for name, scopes, days in (
    ("deployer", ["subscribers:read", "subscribers:write"], 90),
    ("order-desk", ["events:read", "deliveries:read", "deliveries:replay"], None),
    ("grafana", ["deliveries:read"], -3),
):
    keys.make(name, scopes, "ann", now + timedelta(days=days) if days else None)
ApiKey.objects.filter(name="order-desk").update(last_used_at=now - timedelta(minutes=3))

settings.SWITCH_ALERT_WEBHOOK_URL = "http://127.0.0.1:9/"
found = judge(now)
lasting = Judgement([each for each in found.conditions if each.kind not in PASSING])
for minutes, judgement in ((40, found), (35, found), (20, lasting), (15, lasting)):
    keep(judgement, now - timedelta(minutes=minutes))
for notice in Notice.objects.select_related("alert"):
    moment = notice.alert.ended_at if notice.occasion == Notice.Occasion.OVER else notice.alert.told_at
    Notice.objects.filter(pk=notice.pk).update(created_at=moment, sent_at=moment, due_at=None, tries=1)
