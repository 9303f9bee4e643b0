from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_vae.app.widgets.bars import EIGHTHS, bar_cells
from tui_vae.latent.explorer import BAR_LIMIT

HALVES = st.integers(1, 60)
VALUES = st.floats(-100, 100)


def eighths(cells: list[tuple[str, bool]]) -> tuple[int, int]:
    """How many eighths of a cell are filled left and right of zero."""
    half = len(cells) // 2
    amounts = [8 - EIGHTHS.index(glyph) if turned else EIGHTHS.index(glyph) for glyph, turned in cells]
    return sum(amounts[:half]), sum(amounts[half:])


@pytest.mark.parametrize("half", [1, 7, 40])
@pytest.mark.parametrize("step", range(-8, 9))
def test_eighths_are_exact(half: int, step: int) -> None:
    left, right = eighths(bar_cells(step / 8 / half * BAR_LIMIT, half))
    assert (left, right) == (max(-step, 0), max(step, 0))


def test_the_look_of_some_bars() -> None:
    def look(value: float) -> str:
        return "".join(glyph for glyph, _ in bar_cells(value, 3))

    assert look(0) == "      "
    assert look(1) == "   █  "
    assert look(-1) == "  █   "
    assert look(2.5) == "   ██▌"
    assert look(-2.5) == "▌██   "
    assert bar_cells(-2.5, 3)[0] == ("▌", True)
    assert look(3) == look(99) == "   ███"
    assert look(-3) == look(-99) == "███   "


@given(VALUES, HALVES)
def test_a_bar_has_its_length_and_grows_from_zero_to_one_side(value: float, half: int) -> None:
    cells = bar_cells(value, half)
    assert len(cells) == 2 * half
    left, right = eighths(cells)
    assert left == 0 or right == 0
    wanted = min(abs(value) / BAR_LIMIT, 1) * half * 8
    assert abs(max(left, right) - wanted) <= 0.5
    # It is in one piece, beginning at zero.
    side = cells[half:] if value >= 0 else [(glyph, turned) for glyph, turned in reversed(cells[:half])]
    filled = [glyph != " " for glyph, _ in side]
    assert filled == sorted(filled, reverse=True)
    assert all(glyph == "█" for glyph, _ in side[: max(sum(filled) - 1, 0)])
    # Only a cell that fills from the right is drawn reversed.
    assert all(not turned for _, turned in cells[half:])
    assert all(turned == (glyph not in " █") for glyph, turned in cells[:half])


@given(VALUES, HALVES)
def test_a_bar_and_its_negative_are_equally_long(value: float, half: int) -> None:
    assert eighths(bar_cells(value, half)) == eighths(bar_cells(-value, half))[::-1]


@given(VALUES, VALUES, HALVES)
def test_more_is_never_less(one: float, other: float, half: int) -> None:
    def length(value: float) -> int:
        left, right = eighths(bar_cells(value, half))
        return right - left

    low, high = sorted((one, other))
    assert length(low) <= length(high)


@given(st.floats(BAR_LIMIT, 1e6), HALVES)
def test_beyond_the_limit_a_bar_is_full(value: float, half: int) -> None:
    assert bar_cells(value, half) == bar_cells(BAR_LIMIT, half) == [(" ", False)] * half + [("█", False)] * half
    assert bar_cells(-value, half) == bar_cells(-BAR_LIMIT, half) == [("█", False)] * half + [(" ", False)] * half
