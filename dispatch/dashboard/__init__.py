"""What an operator sees first: how the hub does now, and what went through it, read without counting the ledger."""
