"""Traces: the publisher's context is kept with its event, and spans are sent to a collector where one is set."""
