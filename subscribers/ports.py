"""Which ports are not called by default, and why: what listens there is no web service. Pure.

A request to such a port may be read as commands by what listens there, or reach what trusts its network.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: "Bad ports" of the Fetch standard (https://fetch.spec.whatwg.org/#port-blocking), as no browser calls them either.
BAD_PORTS = frozenset(
    [
        *(0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104),
        *(109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515),
        *(526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049),
        *(3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080),
    ]
)
#: Databases, queues and what commands machines, on the ports that they come with.
SERVICES = {
    **dict.fromkeys((1433, 1434), "Microsoft SQL Server"),
    **dict.fromkeys((1521, 2483, 2484), "Oracle Database"),
    **dict.fromkeys((3306, 33060), "MySQL"),
    **dict.fromkeys((5432, 6432), "Postgres"),
    **dict.fromkeys((6379, 6380, 16379, 26379), "Redis"),
    **dict.fromkeys((27017, 27018, 27019), "MongoDB"),
    **dict.fromkeys((9042, 9142, 9160), "Cassandra"),
    **dict.fromkeys((9200, 9300), "Elasticsearch"),
    **dict.fromkeys((4369, 5671, 5672, 25672), "RabbitMQ"),
    **dict.fromkeys((9092, 9093, 9094), "Kafka"),
    **dict.fromkeys((2181, 2888, 3888), "ZooKeeper"),
    **dict.fromkeys((2379, 2380), "etcd"),
    **dict.fromkeys((2375, 2376, 2377), "Docker"),
    **dict.fromkeys((7419, 7420), "Faktory"),
    **dict.fromkeys((4222, 6222), "NATS"),
    **dict.fromkeys((1883, 8883), "an MQTT broker"),
    **dict.fromkeys((61613, 61614, 61616), "ActiveMQ"),
    **dict.fromkeys((10250, 10255), "a Kubernetes node"),
    5984: "CouchDB",
    7687: "Neo4j",
    8086: "InfluxDB",
    11211: "memcached",
    11300: "beanstalkd",
    26257: "CockroachDB",
    28015: "RethinkDB",
    3050: "Firebird",
    445: "Windows file shares",
    873: "rsync",
}
ALL_PORTS = range(65_536)


@dataclass(frozen=True, slots=True)
class PortPolicy:
    """`allowed`: ranges of ports that may be called although they are on the list."""

    allowed: Sequence[range] = ()

    def refusal(self, port: int) -> str | None:
        """Why `port` is not called, as a sentence that names the setting, or None."""
        found = f"of {SERVICES[port]}" if port in SERVICES else "that no web service has" if port in BAD_PORTS else ""
        if not found or any(port in each for each in self.allowed):
            return None
        return f"Port {port} is one {found}; SWITCH_DELIVERY_PORTS={port} would allow it."


def read_ports(words: Iterable[str]) -> list[range]:
    """`8000`, `6000-6010` or `all`, each as a range. Raises ValueError for anything else."""
    return [_read(word) for word in words]


def _read(word: str) -> range:
    if word == "all":
        return ALL_PORTS
    first, dash, last = word.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise ValueError(f"{word!r} is no port")
    found = range(int(first), int(last or first) + 1)
    if not found or found[0] < 1 or found[-1] not in ALL_PORTS:
        raise ValueError(f"{word!r} is no range of ports")
    return found
