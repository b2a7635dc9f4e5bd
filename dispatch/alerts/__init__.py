"""Alerts by the hub itself: what is judged, how it begins and ends, what is said, and how that is sent."""
