"""Pictures of the admin, taken from the seeded demo in a real Chromium: light, dark, and on a phone."""
