from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.report import log as logs
from train.report.curves import draw
from train.report.log import RunLog, Tail, epochs
from train.report.series import CAPACITY, Series, limits


def line(step: int, **more: Any) -> str:
    figures = {"step": step, "epoch": step / 10, "loss": 100.0 / step, "kl": 5.0, "kl_min": 4.0, "kl_max": 7.0}
    return json.dumps({**figures, **more}) + "\n"


def append(path: Path, text: str | bytes) -> None:
    with path.open("ab") as file:
        file.write(text if isinstance(text, bytes) else text.encode())


def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    tail = Tail(path)
    assert tail.read() == []
    append(path, line(1) + line(2))
    assert [each["step"] for each in tail.read()] == [1, 2]
    assert tail.read() == []
    append(path, line(3))
    assert [each["step"] for each in tail.read()] == [3]


def test_a_line_that_is_being_written_waits(tmp_path: Path) -> None:
    path = tmp_path / "log"
    tail = Tail(path)
    append(path, line(1) + line(2)[:20])
    assert [each["step"] for each in tail.read()] == [1]
    append(path, line(2)[20:])
    assert [each["step"] for each in tail.read()] == [2]


def test_lines_that_are_none_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "log"
    append(path, b"\xff\xfe{\n[1]\n{cut\n\n" + b"[" * 100_000 + b"\n" + line(4).encode())
    assert [each["step"] for each in Tail(path).read()] == [4]


@pytest.mark.parametrize("again", [1, 5, 40])
def test_a_file_that_became_another_one_is_read_from_its_start(tmp_path: Path, again: int) -> None:
    path = tmp_path / "log"
    tail = Tail(path)
    append(path, "".join(line(step) for step in range(1, 21)))
    assert len(tail.read()) == 20 and not tail.restarted
    path.write_text("".join(line(step, again=True) for step in range(1, again + 1)))
    assert len(tail.read()) == again and tail.restarted
    path.unlink()
    assert tail.read() == [] and tail.restarted
    assert tail.read() == [] and not tail.restarted


@given(st.lists(st.integers(0, 30), max_size=40), st.integers(1, 300))
def test_any_way_of_growing_gives_the_same_lines(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], limit: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "log"
    data = "".join(line(step) for step in range(1, 11)).encode()
    tail, seen = Tail(path), []
    for cut in cuts:
        append(path, data[:cut])
        data = data[cut:]
        seen += [each["step"] for each in tail.read(limit)]
    append(path, data)
    while new := tail.read(limit):
        seen += [each["step"] for each in new]
    assert seen == list(range(1, 11))


def test_a_run_log_has_curves_reports_and_the_best(tmp_path: Path) -> None:
    (tmp_path / logs.CONFIG).write_text("[architecture]\ninput = [2, 3, 1]\n")
    append(tmp_path / logs.METRICS, line(1) + line(2, loss=float("nan")) + line(3, kl=None, psnr=20.0))
    append(tmp_path / logs.VALIDATION, line(2, objective=9.0, best=True) + line(3, objective=12.0, best=False))
    log = RunLog(tmp_path)
    assert log.read()
    assert not log.read()
    places, means, low, high = log.curves["kl"].arrays()
    assert places.tolist() == [0.1, 0.2] and means.tolist() == [5.0, 5.0] and low[0] == 4.0 and high[0] == 7.0
    assert log.curves["loss"].arrays()[0].tolist() == [0.1, 0.3]
    assert log.held_out["loss"].arrays()[1].tolist() == [1.5, 2.0]  # per pixel value
    assert (log.last["step"], log.report["step"], log.best["step"]) == (3, 3, 2)
    (tmp_path / logs.METRICS).write_text(line(1))  # a resumed run drops lines
    (tmp_path / logs.VALIDATION).write_text("")
    assert log.read()
    assert len(log.curves["kl"]) == 1 and log.last["step"] == 1 and not log.held_out and not log.best


def test_a_line_without_an_epoch_is_still_the_newest(tmp_path: Path) -> None:
    append(tmp_path / logs.METRICS, '{"loss": 1.0, "step": 7}\n')
    log = RunLog(tmp_path)
    log.read_all()
    assert log.last["step"] == 7 and not log.curves


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[run]\nepochs = 30.0\n", 30.0),
        ("[run]\nepochs = 3\n[refine]\nepochs = 0.5\n", 3.5),
        ("[run]\n", None),
        ("run = 3\n", None),
        ("[run\n", None),
        (None, None),
    ],
)
def test_epochs_of_a_run(tmp_path: Path, text: str | None, found: float | None) -> None:
    if text is not None:
        (tmp_path / logs.CONFIG).write_text(text)
    assert epochs(tmp_path) == found


def test_a_series_keeps_its_peaks_in_bounded_memory() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal(3 * CAPACITY + 17)
    series = Series()
    for place, value in enumerate(values.tolist()):
        series.add(place, value, value - 1, value + 1)
    assert len(series) <= CAPACITY
    places, means, low, high = series.arrays(300)
    assert len(places) <= 300 and (np.diff(places) > 0).all()
    assert low.min() == values.min() - 1 and high.max() == values.max() + 1
    assert (low <= means).all() and (means <= high).all()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300))
def test_limits_lie_within_the_values(values: list[float]) -> None:
    low, high = limits(np.array(values))
    assert min(values) - 1e-6 <= low <= high <= max(values) + 1e-6


def test_a_wild_start_is_cut_off() -> None:
    values = np.concatenate([[1e6], np.linspace(10, 5, 200)])
    assert limits(values)[1] < 12


def test_curves_are_drawn(tmp_path: Path) -> None:
    from PIL import Image

    append(tmp_path / logs.METRICS, "".join(line(step, psnr=20.0, beta=0.1 * step) for step in range(1, 60)))
    append(tmp_path / logs.VALIDATION, line(20, objective=9.0, best=True))
    path = draw(tmp_path)
    with Image.open(path) as first:
        before = np.asarray(first.convert("RGB"))
    append(tmp_path / logs.METRICS, line(70, psnr=30.0))
    with Image.open(draw(tmp_path)) as second:
        after = np.asarray(second.convert("RGB"))
    assert path == tmp_path / "reports" / "curves.png" and before.shape == after.shape
    assert (before != after).any()
    assert [each.name for each in path.parent.iterdir()] == ["curves.png"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("text", ["", line(1)])
def test_curves_of_a_run_that_has_hardly_begun(tmp_path: Path, text: str) -> None:
    append(tmp_path / logs.METRICS, text)
    assert draw(tmp_path).stat().st_size > 1000
