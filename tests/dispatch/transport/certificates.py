"""Makes an authority and certificates signed by it, by the openssl command."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout")


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@dataclass(frozen=True)
class Authority:
    """`file` is its own certificate (PEM), which makes those it issues trusted."""

    directory: Path

    @property
    def file(self) -> str:
        return str(self.directory / "authority.pem")

    @property
    def _key(self) -> str:
        return str(self.directory / "authority.key")

    def create(self) -> None:
        subject = ["-subj", "/CN=Authority of the tests", "-days", "2"]
        extensions = ["-addext", "keyUsage=critical,keyCertSign"]
        _openssl("req", "-x509", *NEW_KEY, self._key, "-out", self.file, *subject, *extensions)

    def issue(self, names: str, days: int = 2) -> ssl.SSLContext:
        """What a server needs to be `names`, such as `DNS:a.example,IP:127.0.0.1`."""
        stem = str(self.directory / names.replace(":", "-").replace(",", "-"))
        extensions = ["-addext", f"subjectAltName={names}", "-addext", "basicConstraints=CA:FALSE"]
        _openssl("req", *NEW_KEY, f"{stem}.key", "-out", f"{stem}.csr", "-subj", "/CN=peer", *extensions)
        # `req -CA` would be shorter, but refuses to make a certificate that has expired.
        signed = ["-CA", self.file, "-CAkey", self._key, "-CAcreateserial", "-copy_extensions", "copy"]
        _openssl("x509", "-req", "-in", f"{stem}.csr", "-out", f"{stem}.pem", "-days", str(days), *signed)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{stem}.pem", f"{stem}.key")
        return context
