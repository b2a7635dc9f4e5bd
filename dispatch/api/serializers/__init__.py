"""How things look in the management API."""
