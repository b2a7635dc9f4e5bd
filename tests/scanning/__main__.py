"""The full form of the scan, as `make scan` runs it; further arguments go to schemathesis."""

import sys

from tests.scanning.scan import scanned_hub

EXAMPLES = ("--max-examples", "100")


def main() -> int:
    with scanned_hub() as scan:
        runs = [scan.publishers(*EXAMPLES, *sys.argv[1:]), scan.operators(*EXAMPLES, *sys.argv[1:])]
        for run in runs:
            print(run.output)
        errors = scan.hub.log.read_text().count("Traceback")
    print(f"{sum(run.requests for run in runs)} requests; {errors} traces in the hub's log")
    return max(run.status for run in runs) or bool(errors)


if __name__ == "__main__":
    sys.exit(main())
