"""Granian as its own command starts it, less one warning that does not concern us.

It warns of many threads. Ours wait for bodies, at no cost to the others; `SWITCH_WEB_THREADS` bounds those that work.
"""

import logging

from granian.cli import entrypoint


def is_wanted(record: logging.LogRecord) -> bool:
    return "Python threads" not in record.getMessage()


if __name__ == "__main__":
    logging.getLogger("_granian").addFilter(is_wanted)
    entrypoint()  # type: ignore[no-untyped-call] # granian types its commands no further
