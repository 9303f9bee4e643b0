"""What the explorer's screen must show, as assertions that its tests share."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from tests.app.driving import Drive
from tui_vae.api import VAE
from tui_vae.latent.explorer import BAR_LIMIT

ITEMS = 40


def number(value: float) -> str:
    """As it is written beside a bar."""
    return f"{value:+.2f}" if abs(value) >= 0.005 else "0.00"


def assert_value(drive: Drive, value: float) -> None:
    """The selected bar has this value, in the state and on the screen."""
    assert drive.value == pytest.approx(value, abs=1e-4)
    assert f" {number(value)} σ" in drive.bar(drive.state.selected)
    left, right = halves(drive)
    cell = BAR_LIMIT / len(right)  # a bar as long as a cell has a full block in it
    assert ("█" in left, "█" in right) == (value < 0.001 - cell, value > cell - 0.001)


def halves(drive: Drive) -> tuple[str, str]:
    """The selected bar's track, left and right of zero."""
    start, half, _ = drive.bars._columns
    line = drive.bar(drive.state.selected)
    return line[start : start + half], line[start + half : start + 2 * half]


def assert_selected(drive: Drive, bar: int) -> None:
    assert drive.state.selected == bar
    assert drive.marked_bars == [bar]
    axes = drive.state.axes
    # Where there is little room the axes are left out.
    assert drive.heading.removeprefix(f"{axes.name} ").startswith(f"{bar + 1}/{len(axes)}  {axes.labels[bar]}")


def slowly(drive: Drive) -> None:
    """From now on there is time between any two keys, so that each is a step to undo."""
    drive.state._history._clock = itertools.count(1e9, 60).__next__


async def assert_moved(drive: Drive, model: VAE, before: npt.NDArray[np.uint8]) -> None:
    """Another face is on the screen, and it is the right one."""
    await drive.frame()
    drive.assert_face(model)
    assert (drive.pixels() != before).any()


async def mark_two(drive: Drive) -> None:
    await drive.press("3", "g", "a", "9", "g", "b")
    assert "marks AB" in drive.status
