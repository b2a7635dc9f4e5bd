"""The views of the management API; they only translate."""
