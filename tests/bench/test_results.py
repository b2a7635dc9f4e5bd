"""Figures are told in units of the references, and judged as ratios."""

from pathlib import Path

import pytest

from bench.figures import Figure, absolute, relative
from bench.load import Load
from bench.rendering import FIGURES, MarksMissingError, marks, render
from bench.report import as_text
from bench.scenarios import SCENARIOS, chosen
from tests.bench.results import a_result, a_run

SQLITE = "sqlite"
BEGIN, END = marks(FIGURES)


@pytest.mark.parametrize(
    ("figure", "value", "in_r"),
    [
        pytest.param(Figure.PUBLISHED, 550, 0.5, id="a rate"),
        pytest.param(Figure.ANSWER_P50, 2.0, 2.2, id="a time, in requests of the reference"),
        pytest.param(Figure.DELIVERY_P99_TIMES, 1.5, 1.5, id="a ratio"),
        pytest.param(Figure.MEMORY, 80, 80, id="memory"),
    ],
)
def test_a_figure_is_told_in_units_of_the_reference(figure: Figure, value: float, in_r: float) -> None:
    assert relative(figure, value, 1100) == pytest.approx(in_r)
    assert absolute(figure, in_r, 1100) == pytest.approx(value)


@pytest.mark.parametrize(
    ("figure", "value", "target", "is_met"),
    [
        # Targets are given for a machine with R = 2,200/s; here it is half of that.
        pytest.param(Figure.PUBLISHED, 1200, 2400, True, id="half as fast a machine, half the rate"),
        pytest.param(Figure.PUBLISHED, 1190, 2400, False, id="less than that"),
        pytest.param(Figure.ANSWER_P50, 7.9, 4.0, True, id="twice the time"),
        pytest.param(Figure.ANSWER_P50, 8.1, 4.0, False, id="more than that"),
        pytest.param(Figure.DELIVERY_P99_TIMES, 2.1, 2.0, False, id="a ratio is the same everywhere"),
        pytest.param(Figure.MEMORY, 149, 150, True, id="so is memory"),
        pytest.param(Figure.KEPT, 0.999, 1.0, False, id="all means all"),
    ],
)
def test_a_target_is_met_as_a_ratio(figure: Figure, value: float, target: float, is_met: bool) -> None:
    run = a_run(a_result({figure: value}, {SQLITE: target}))
    found = run["layouts"][SQLITE]["scenarios"]["one"]["figures"][figure.value]
    assert found["is_met"] is is_met
    assert ("met" in as_text(run["layouts"][SQLITE]).split()) is is_met


def test_what_went_wrong_is_told_under_the_table() -> None:
    run = a_run(a_result({Figure.PUBLISHED: 1.0}, problem="3 of 4 deliveries came"))
    assert "one: 3 of 4 deliveries came" in as_text(run["layouts"][SQLITE])


def test_a_scenario_brings_the_one_it_is_held_against() -> None:
    assert [scenario.name for scenario in chosen(["hanging-1-of-20"])] == ["healthy-20", "hanging-1-of-20"]
    assert chosen([]) == list(SCENARIOS)


def test_a_disturbed_load_comes_at_the_pace_of_what_it_is_held_against() -> None:
    by_name = {scenario.name: scenario for scenario in SCENARIOS}
    against = [(each, by_name[each.against]) for each in SCENARIOS if Figure.DELIVERY_P99_TIMES in each.headlines]
    assert against
    assert all(each.is_paced and base.is_paced for each, base in against)
    assert Load(rate=50, seconds=12).paced(0.4) == Load(rate=20, seconds=12)


def test_every_base_comes_before_what_is_held_against_it() -> None:
    names = [scenario.name for scenario in SCENARIOS]
    for place, scenario in enumerate(SCENARIOS):
        assert not scenario.against or scenario.against in names[:place]
    assert len(set(names)) == len(names)


def test_a_page_gets_the_figures_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    run = a_run(a_result({Figure.PUBLISHED: 1234.0}, {SQLITE: 2400}))
    render(page, run)
    text = page.read_text()
    assert text.startswith(f"before\n{BEGIN}\n")
    assert text.endswith(f"{END}\nafter\n")
    assert "| one | published_per_second | ≥ 1,200 | 1,234 | 1.03 | 1.12 | 0.11 | met |" in text
    assert "old" not in text
    assert "| one | 12 |" in text
    render(page, run)
    assert page.read_text() == text


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("text")
    with pytest.raises(MarksMissingError):
        render(page, a_run(a_result({})))
    assert page.read_text() == "text"
