"""What the hub's statements and pages cost as the ledger grows: `python -m bench.growth`."""
