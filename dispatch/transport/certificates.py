"""The certificates that are trusted: the public ones, and those of a file besides."""

import tempfile
from pathlib import Path
from typing import IO

import certifi


def combined(ca_file: str) -> IO[bytes]:
    """A temporary file with certifi's bundle and `ca_file` (PEM), gone when it is closed. Raises OSError."""
    extra = Path(ca_file).read_bytes()
    file = tempfile.NamedTemporaryFile(prefix="switch-trusted-", suffix=".pem")  # noqa: SIM115 - the caller closes it
    file.write(Path(certifi.where()).read_bytes() + b"\n" + extra)
    file.flush()
    return file
