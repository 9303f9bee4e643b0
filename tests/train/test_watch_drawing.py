from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.report.log import METRICS, VALIDATION, RunLog
from train.report.series import Series
from train.sheet import Sheet
from train.watch import plot as plots
from train.watch.arrange import SMALLEST, page
from train.watch.plot import BAND, EMPTY, LINE, MARK, plot, tick
from train.watch.standing import PATIENCE, State, newest, standing

FINITE = st.floats(-1e12, 1e12)


def series(values: list[float], band: float = 0.0) -> Series:
    made = Series()
    for place, value in enumerate(values):
        made.add(float(place), value, value - band, value + band)
    return made


def dots(drawn: plots.Plot, kind: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """The dots of the cells of a kind, (4 * height, 2 * width)."""
    height, width = drawn.kinds.shape
    found = np.zeros((height, 4, width, 2), np.bool_)
    for y, row in enumerate(drawn.rows):
        for x, character in enumerate(row):
            if drawn.kinds[y, x] == kind:
                found[y, :, x] = (ord(character) - 0x2800) & plots._DOTS > 0
    return found.reshape(4 * height, 2 * width)


def test_a_rising_line_goes_from_corner_to_corner_without_gaps() -> None:
    drawn = plot(series(np.linspace(0, 1, 200).tolist()), None, (5, 10), (0, 199))
    assert drawn is not None and (drawn.bottom, drawn.top) == pytest.approx((0, 1), abs=0.06)
    line = dots(drawn, LINE)
    assert line[-1, 0] and line[0, -1] and line.any(axis=0).all()
    tops = line.argmax(axis=0)
    assert (np.diff(tops) <= 0).all()
    bottoms = line.shape[0] - 1 - line[::-1].argmax(axis=0)
    assert (tops[:-1] <= bottoms[1:] + 1).all()  # neighbours touch


def test_a_band_surrounds_the_line_and_marks_hide_both() -> None:
    held_out = series([5.0])
    drawn = plot(series([0.0, 10.0] * 50, band=3.0), held_out, (6, 20), (0, 99))
    assert drawn is not None
    assert {BAND, LINE, MARK} <= set(drawn.kinds.ravel().tolist())
    assert dots(drawn, MARK).sum() == 4  # half a cell
    assert all(len(row) == 20 for row in drawn.rows) and len(drawn.rows) == 6


def test_where_nothing_has_happened_yet_nothing_is_drawn() -> None:
    drawn = plot(series([1.0, 2.0, 3.0]), None, (4, 10), (0, 20))
    assert drawn is not None
    assert (drawn.kinds[:, 3:] == EMPTY).all() and (drawn.kinds[:, 0] == LINE).any()


def test_many_validation_points_leave_room_for_the_line() -> None:
    drawn = plot(series([1.0] * 100), series([1.0] * 100), (3, 40), (0, 99))
    assert drawn is not None
    assert 5 <= (drawn.kinds == MARK).any(axis=0).sum() <= 10 and drawn.kinds[:, -1].max() == MARK


def test_a_log_scale_is_for_what_is_above_zero() -> None:
    values = np.logspace(0, 4, 100).tolist()
    drawn = plot(series(values), None, (8, 20), (0, 99), log=True)
    assert drawn is not None and drawn.log and drawn.top == pytest.approx(1e4, rel=0.3)
    line = dots(drawn, LINE)
    assert np.abs(np.diff(line.argmax(axis=0))).max() <= 2  # straight
    plain = plot(series([-1.0, *values]), None, (8, 20), (0, 100), log=True)
    assert plain is not None and not plain.log


@given(
    st.lists(FINITE, max_size=60),
    st.lists(FINITE, max_size=8),
    st.tuples(st.integers(-1, 12), st.integers(-1, 30)),
    st.floats(0, 1e6),
    st.booleans(),
    st.booleans(),
)
def test_any_figures_can_be_drawn_at_any_size(
    values: list[float], marks: list[float], size: tuple[int, int], end: float, log: bool, whole: bool
) -> None:
    curve = series(values, band=1.0) if values else None
    held_out = series(marks) if marks else None
    drawn = plot(curve, held_out, size, (0.0, end), log, whole)
    if min(size) < 1 or (curve is None and held_out is None):
        assert drawn is None
        return
    assert drawn is not None
    assert len(drawn.rows) == size[0] and {len(row) for row in drawn.rows} == {size[1]}
    assert drawn.bottom < drawn.top
    for row, kinds in zip(drawn.rows, drawn.kinds, strict=True):
        assert all((character == " ") == (kind == EMPTY) for character, kind in zip(row, kinds.tolist(), strict=True))
    if held_out is not None:
        assert (drawn.kinds == MARK).any()


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_ticks_are_short(value: float) -> None:
    assert len(tick(value)) <= 6 or abs(value) >= 1e12 or abs(value) < 1e-9


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (-1954.0, "-1.95k"), (12_345.0, "12.3k"), (0.00003, "3e-05"), (999_999.0, "1M")]
)
def test_ticks(value: float, text: str) -> None:
    assert tick(value) == text


Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def numbered(rows: int, columns: int, side: int = 64, channels: int = 3) -> Pixels:
    """Tiles that are each of one brightness: 10, 12, 14, ..."""
    values = (10 + 2 * np.arange(rows * columns, dtype=np.uint8)).reshape(rows, columns, 1, 1, 1)
    return np.broadcast_to(values, (rows, columns, side, side, channels)).copy()


def seen(image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> list[int]:
    """The brightnesses in an image, but for the ground's."""
    return sorted(set(image[..., 0].ravel().tolist()) - {0})


def test_pairs_stay_together_and_every_page_shows_others() -> None:
    sheet = Sheet(numbered(4, 8), together=2)
    shown = [page(sheet, (40, 40), number) for number in range(8)]
    assert {each.of for each in shown} == {8} and [each.number for each in shown] == list(range(8))
    assert seen(shown[0].image) == [10, 12, 26, 28]  # 0 and 1, with what is below them
    assert sorted(value for each in shown for value in seen(each.image)) == list(range(10, 74, 2))
    assert page(sheet, (40, 40), -1).number == 7 and page(sheet, (40, 40), 8).number == 0


def test_a_large_area_shows_all_of_a_sheet_and_a_zoom_less() -> None:
    sheet = Sheet(numbered(4, 8), together=2)
    assert page(sheet, (300, 300), zoom=0.5).of == 1
    assert page(sheet, (300, 300), zoom=3.0).of > page(sheet, (300, 300)).of


def test_of_ways_both_ends_and_the_middle_are_shown() -> None:
    sheet = Sheet(numbered(3, 7), spread=1)
    assert seen(page(sheet, (46, 40)).image) == [10, 16, 22, 24, 30, 36, 38, 44, 50]
    assert seen(page(sheet, (60, 200)).image)[:7] == [10, 12, 14, 16, 18, 20, 22]


def test_the_plane_is_thinned_both_ways_and_seamless() -> None:
    shown = page(Sheet(numbered(3, 3, 8), spread=2, gap=0), (90, 90))
    assert shown.of == 1 and len(seen(shown.image)) >= 9 and (shown.image > 0).all()


def test_the_places_of_a_sheet_that_is_not_full_are_not_shown() -> None:
    tiles = numbered(2, 8)
    tiles[:, 3:] = 0
    assert page(Sheet(tiles, together=2), (20 * 2, 70)).of == 1


@given(
    st.integers(1, 6),
    st.integers(1, 8),
    st.integers(1, 3),
    st.integers(0, 2),
    st.sampled_from([1, 3]),
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.integers(-5, 20),
    st.sampled_from([0.5, 1.0, 8.0]),
)
def test_any_sheet_fits_any_area(
    rows: int, columns: int, together: int, spread: int, channels: int, size: tuple[int, int], number: int, zoom: float
) -> None:
    sheet = Sheet(numbered(rows, columns, 6, channels), together, spread)
    shown = page(sheet, size, number, zoom, (0, 0, 0))
    assert shown.image.shape == (*size, 3) and 0 <= shown.number < shown.of
    assert seen(shown.image)


def test_pictures_are_as_large_as_can_be_told_apart() -> None:
    shown = page(Sheet(numbered(1, 8)), (SMALLEST, 8 * SMALLEST + 14))
    assert shown.of == 1 and len(seen(shown.image)) >= 8


def write(folder: Path, count: int = 30, **more: object) -> RunLog:
    lines = [
        {"step": 10 * step, "epoch": step / 10, "stage": "main", "seconds": 3.0 * step, "images_per_second": 245.0}
        | {"reconstruction": 100.0, "psnr": 20.0, "beta": 1.0, **more}
        for step in range(1, count + 1)
    ]
    (folder / METRICS).write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / VALIDATION).write_text(json.dumps({"step": 20, "epoch": 0.2, "objective": 50.0, "best": True}) + "\n")
    log = RunLog(folder)
    log.read_all()
    return log


def test_a_run_that_trains(tmp_path: Path) -> None:
    stands = standing(write(tmp_path), 10.0, 1000.0, 1001.0)
    assert stands.state is State.TRAINING and stands.share == pytest.approx(0.3)
    assert stands.words == ("training", "epoch 3.0 of 10", "3 min 30 s left")
    assert stands.details[:4] == ("step 300", "245 images/s", "beta 1", "best 50 at step 20")


def test_a_run_that_is_over_and_one_of_unknown_length(tmp_path: Path) -> None:
    log = write(tmp_path, skipped=2)
    done = standing(log, 3.0, 1000.0, 1e6)
    assert done.state is State.FINISHED and done.words == ("finished", "epoch 3.0 of 3", "took 1 min 30 s")
    assert done.details[0] == "2 skipped"
    unknown = standing(log, None, 1000.0, 1001.0)
    assert unknown.share is None and unknown.words == ("training", "epoch 3.0")


def test_a_run_without_news_says_since_when(tmp_path: Path) -> None:
    log = write(tmp_path)
    assert standing(log, 10.0, 1000.0, 1000.0 + PATIENCE).state is State.TRAINING
    late = standing(log, 10.0, 1000.0, 1001.0 + PATIENCE)
    assert late.state is State.STALLED and late.words[0].startswith("no new line since")
    assert "(1 min 01 s)" in late.words[0] and "left" not in " ".join(late.words)


def test_a_slow_run_is_given_time(tmp_path: Path) -> None:
    log = write(tmp_path)
    log.pace.clear()
    log.pace.extend([(0.1, 0.0), (0.2, 100.0)])
    assert standing(log, 10.0, 1000.0, 1400.0).state is State.TRAINING
    assert standing(log, 10.0, 1000.0, 1501.0).state is State.STALLED


def test_a_resumed_run_takes_its_pace_anew(tmp_path: Path) -> None:
    log = write(tmp_path)
    with (tmp_path / METRICS).open("a") as file:
        file.write(json.dumps({"step": 310, "epoch": 3.1, "seconds": 1.0}) + "\n")
        file.write(json.dumps({"step": 320, "epoch": 3.2, "seconds": 2.0}) + "\n")
    log.read_all()
    assert log.seconds_per_epoch == pytest.approx(10.0)


def test_the_second_stage_is_named(tmp_path: Path) -> None:
    log = write(tmp_path, stage="refine", adversarial=0.7, discriminator=1.4)
    stands = standing(log, 10.0, 0.0, 1.0)
    assert stands.words[0] == "refine" and "adversarial 0.7" in stands.details


def test_one_line_for_no_terminal(tmp_path: Path) -> None:
    log = write(tmp_path)
    line = newest(log, 10.0, 1000.0, 1001.0)
    assert line.startswith(tmp_path.name) and "\n" not in line
    assert all(part in line for part in ("epoch 3.0 of 10", "recon 100", "PSNR 20.00 dB", "step 300", "best 50"))
    assert newest(RunLog(tmp_path / "none"), None, None, 0.0).endswith("none: no figures yet")
