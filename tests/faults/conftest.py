"""One stage for all tests of steps on the same pair of database and queue: most of their time is what starts."""

from collections.abc import Iterator

import pytest

from tests.faults.stage import Stage


@pytest.fixture(scope="package")
def pair(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A web server that dies at a point when it is told to; a wide event is one for more than ten."""
    with Stage(request.param, SWITCH_FAN_OUT_LIMIT="10") as opened:
        opened.hub.start_web(**opened.mortal("web"))
        yield opened


@pytest.fixture
def stage(pair: Stage) -> Stage:
    """The pair with one consumer that lives and dies when it is told to, whatever the test before has left."""
    pair.forget_orders()
    if [consumer.poll() for consumer in pair.hub.consumers] != [None]:
        pair.hub.stop_consumers()
        pair.books.pass_time()
        pair.start_consumer(**pair.mortal("consumer"))
    return pair


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests of steps behind the others, those on one pair together: by itself pytest groups them by step."""

    def pair_of(item: pytest.Item) -> str:
        case = getattr(item, "callspec", None)
        return str(case.params.get("pair", "")) if case else ""

    items.sort(key=pair_of)
