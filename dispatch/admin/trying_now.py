"""The dialog of *Try now*, which says beforehand what keeps the delivery from being sent at once."""

from django.utils.html import format_html
from unfold.forms import BaseDialogForm

from dispatch.admin.ledger import as_id
from dispatch.intervening import why_held_then
from dispatch.models import Delivery

HELD_THEN = "It would not be sent at once."


class TryNowForm(BaseDialogForm):
    def render_before_template(self) -> str:
        delivery_id = as_id(str(self.object_id))
        delivery = delivery_id and Delivery.objects.select_related("subscriber").filter(pk=delivery_id).first()
        why = why_held_then(delivery) if delivery else ""
        return format_html('<p class="switch-notice">{} {}</p>', HELD_THEN, why) if why else ""
