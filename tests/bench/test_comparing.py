"""What changed since earlier results is told by ratios, and only beyond the noise."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.comparing import as_text
from bench.figures import Figure
from bench.keeping import keep, kept
from bench.references import References
from bench.results import Json
from tests.bench.results import a_result, a_run

FAST, SLOW = References(2200, 22_000, 1), References(1100, 11_000, 2)


@pytest.mark.parametrize(
    ("figure", "old", "new", "word"),
    [
        pytest.param(Figure.PUBLISHED, 1000, 800, "WORSE", id="a lower rate"),
        pytest.param(Figure.PUBLISHED, 1000, 1300, "better", id="a higher rate"),
        pytest.param(Figure.PUBLISHED, 1000, 900, "nothing", id="a rate within the noise"),
        pytest.param(Figure.ANSWER_P50, 2.0, 3.0, "WORSE", id="a longer time"),
        pytest.param(Figure.ANSWER_P50, 2.0, 1.0, "better", id="a shorter time"),
        pytest.param(Figure.DELIVERY_P99, 20.0, 28.0, "nothing", id="a tail within its noise"),
        pytest.param(Figure.KEPT, 1.0, 0.9, "WORSE", id="fewer kept"),
        pytest.param(Figure.MEMORY, 100, 120, "WORSE", id="more memory"),
    ],
)
def test_changes_beyond_the_noise_are_told(figure: Figure, old: float, new: float, word: str) -> None:
    assert word in as_text(a_run(a_result({figure: new})), [a_run(a_result({figure: old}))])


def test_a_slower_machine_is_no_change() -> None:
    old = a_run(a_result({Figure.PUBLISHED: 2000, Figure.ANSWER_P50: 2.0}, references=FAST))
    new = a_run(a_result({Figure.PUBLISHED: 1000, Figure.ANSWER_P50: 4.0}, references=SLOW))
    assert "nothing changed" in as_text(new, [old])


def test_an_unquiet_run_widens_the_noise() -> None:
    def run(published: float) -> Json:
        other = a_result({}, references=FAST)
        other = replace(other, scenario=replace(other.scenario, name="other"))
        return a_run(other, a_result({Figure.PUBLISHED: published}, references=References(1600, 16_000, 1)))

    assert "nothing changed" in as_text(run(780), [run(1000)])


def test_the_newest_kept_results_of_the_layout_count(tmp_path: Path) -> None:
    run = a_run(a_result({Figure.PUBLISHED: 1000}))
    for moment, value in (("2026-01-02", 500), ("2026-01-03", 1000), ("2026-01-01", 300)):
        keep(a_run(a_result({Figure.PUBLISHED: value})) | {"measured_at": f"{moment}T00:00:00+00:00"}, tmp_path)
    elsewhere = {**run, "layouts": {"postgres": {}}, "measured_at": "2026-02-01T00:00:00+00:00"}
    keep(elsewhere, tmp_path)
    assert len(kept(tmp_path)) == 4
    text = as_text(run, kept(tmp_path))
    assert "held against 2026-01-03" in text
    assert "nothing changed" in text


def test_results_of_another_form_or_load_are_not_compared(tmp_path: Path) -> None:
    run = a_run(a_result({Figure.PUBLISHED: 1000}))
    keep(run | {"schema": 1}, tmp_path)
    assert kept(tmp_path) == []
    assert "nothing is kept" in as_text(run, kept(tmp_path))
    other = a_run(a_result({Figure.PUBLISHED: 10}))
    other["layouts"]["sqlite"]["scenarios"]["one"]["load"]["events"] = 7
    assert "nothing changed" in as_text(run, [other])
