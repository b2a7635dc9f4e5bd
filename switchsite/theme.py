"""The admin's theme: its name, its own styles and scripts, and what its sidebar leads to."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Switch",
    "SITE_HEADER": "Switch",
    "SITE_SUBHEADER": "Event hub",
    "SITE_SYMBOL": "hub",
    "DASHBOARD_CALLBACK": "dispatch.admin.dashboard.dashboard_callback",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("switch/icon.svg")},
    ],
    "COMMAND": {"search_callback": "dispatch.admin.finding.find_anything"},
    "STYLES": [
        lambda request: static("switch/admin.css"),
        lambda request: static("switch/workbench.css"),
        lambda request: static("switch/ledger.css"),
        lambda request: static("switch/history.css"),
    ],
    "SCRIPTS": [
        lambda request: static("switch/labels.js"),
        lambda request: static("switch/dialogs.js"),
        lambda request: static("switch/menus.js"),
        lambda request: static("switch/first_field.js"),
    ],
    "SIDEBAR": {
        "navigation": [
            {
                "items": [
                    {"title": "Dashboard", "icon": "monitoring", "link": reverse_lazy("admin:index")},
                    {"title": "Flow map", "icon": "account_tree", "link": reverse_lazy("flow_map")},
                    {
                        "title": "Subscribers",
                        "icon": "hub",
                        "link": reverse_lazy("admin:subscribers_subscriber_changelist"),
                    },
                    {"title": "Events", "icon": "bolt", "link": reverse_lazy("admin:dispatch_event_changelist")},
                    {"title": "Deliveries", "icon": "send", "link": reverse_lazy("admin:dispatch_delivery_changelist")},
                    {"title": "Why not?", "icon": "help", "link": reverse_lazy("why_not")},
                    {"title": "Replays", "icon": "replay", "link": reverse_lazy("admin:dispatch_replay_changelist")},
                    {"title": "Attempts", "icon": "http", "link": reverse_lazy("admin:dispatch_attempt_changelist")},
                    {
                        "title": "Consumers",
                        "icon": "memory",
                        "link": reverse_lazy("admin:dispatch_consumer_changelist"),
                    },
                    {
                        "title": "Alerts",
                        "icon": "notifications",
                        "link": reverse_lazy("admin:dispatch_alert_changelist"),
                    },
                    {"title": "Storage", "icon": "database", "link": reverse_lazy("storage")},
                    {
                        "title": "Users",
                        "icon": "person",
                        "link": reverse_lazy("admin:auth_user_changelist"),
                        "permission": lambda request: request.user.has_perm("auth.view_user"),
                    },
                    {"title": "API keys", "icon": "key", "link": reverse_lazy("admin:dispatch_apikey_changelist")},
                    {
                        "title": "Groups",
                        "icon": "group",
                        "link": reverse_lazy("admin:auth_group_changelist"),
                        "permission": lambda request: request.user.has_perm("auth.view_group"),
                    },
                ],
            },
        ],
    },
}
