"""What the demo leaves out: keys of machines. Run by `manage.py shell`."""

from datetime import timedelta

from django.utils import timezone

from dispatch.api import keys
from dispatch.models import ApiKey

now = timezone.now()
for name, scopes, days in (
    ("deployer", ["subscribers:read", "subscribers:write"], 90),
    ("order-desk", ["events:read", "deliveries:read", "deliveries:replay"], None),
    ("grafana", ["deliveries:read"], -3),
):
    keys.make(name, scopes, "ann", now + timedelta(days=days) if days else None)
ApiKey.objects.filter(name="order-desk").update(last_used_at=now - timedelta(minutes=3))
