"""What is sent, to whom, with what result."""

__version__ = "1.0.0"
