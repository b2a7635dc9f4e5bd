"""Grows one ledger and measures at every size: `python -m bench.growth.ledger TRIES SIZE …`, in a hub's
environment.

Prints a line of JSON for each size.
"""

import json
import sys
import time

import django
from django.core.management import call_command


def main(tries: int, sizes: list[int]) -> None:
    django.setup()
    from bench.growth import filling, measuring  # noqa: PLC0415 - the models need Django's settings first

    call_command("migrate", verbosity=0)
    known = 0
    for size in sizes:
        begun = time.perf_counter()
        filling.fill(size, known)
        filling.analyze()
        filled = time.perf_counter() - begun
        costs = {
            "statements": measuring.statements(),
            "lists": measuring.lists(tries),
            "a delivery": measuring.sizes(),
        }
        measuring.settle_the_rest()
        print(json.dumps({"deliveries": size, "filled_seconds": round(filled, 1), **costs}), flush=True)
        known = size


if __name__ == "__main__":
    main(int(sys.argv[1]), [int(word) for word in sys.argv[2:]])
