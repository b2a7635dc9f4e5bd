"""What each page of the admin costs on a long ledger: `python -m bench.pages`."""
