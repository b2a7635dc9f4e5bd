"""The management API under `/api/v1/`: what an operator does in the admin, for programs."""
