"""What arrives of a response: the head within bounds, the first of the body."""

HEAD_BYTES = 64 * 1024
READ_BYTES = 64 * 1024
KEPT_BYTES = 4 * 1024
BLANK = (b"\r\n", b"\n")
#: What a callback returns to make libcurl end the transfer.
STOP = -1


class Response:
    """Filled by libcurl's callbacks. `status` is 0 until a head is complete that is final, that is, not 1xx."""

    __slots__ = ("_body", "_head_left", "_lines", "_read_left", "status")

    def __init__(self) -> None:
        self.status = 0
        self._lines: list[bytes] = []
        self._head_left = HEAD_BYTES
        self._body = bytearray()
        self._read_left = READ_BYTES

    @property
    def is_head_too_large(self) -> bool:
        return self._head_left < 0

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """In the order and the case received."""
        return tuple(_field(line) for line in self._lines[1:-1])

    @property
    def body(self) -> bytes:
        """At most KEPT_BYTES of it."""
        return bytes(self._body)

    def on_header(self, line: bytes) -> int | None:
        """A line of the head, of an interim head before it, or a trailer, which is not kept."""
        if self.status:
            return None
        self._head_left -= len(line)
        if self._head_left < 0:
            return STOP
        self._lines.append(line)
        if line in BLANK:
            self._end_head()
        return None

    def on_body(self, piece: bytes) -> int | None:
        """A piece of the body; asks to stop when more than READ_BYTES have come."""
        room = KEPT_BYTES - len(self._body)
        if room > 0:
            self._body += piece[:room]
        self._read_left -= len(piece)
        return STOP if self._read_left < 0 else None

    def _end_head(self) -> None:
        status = _status(self._lines[0])
        if status >= 200:
            self.status = status
        else:
            self._lines.clear()


def _status(line: bytes) -> int:
    words = line.split(None, 2)
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def _field(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode("latin-1").partition(":")
    return name.strip(), value.strip()
