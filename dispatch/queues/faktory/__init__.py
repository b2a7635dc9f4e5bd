"""Faktory as the queue: its connection, its commands, and the seam over both."""
