"""What tours, the slider between any two faces, and the prompts of them look like."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.app.cartoon import Cartoon
from tests.app.driving import Drive, steady_app
from tests.app.test_snapshots import Compare, after
from tui_vae.app import decoding
from tui_vae.app.parts import tours
from tui_vae.app.widgets import status

SIZES = pytest.mark.parametrize("size", [(200, 60), (40, 12)], ids=lambda size: f"{size[0]}x{size[1]}")


@pytest.fixture(autouse=True)
def _no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every decode takes 1.5 ms, no message goes away, and tours stand still."""
    clock = itertools.count()
    monkeypatch.setattr(decoding, "time", SimpleNamespace(perf_counter=lambda: 0.0015 * next(clock)))
    monkeypatch.setattr(status, "MESSAGE_SECONDS", 3600.0)
    monkeypatch.setattr(tours, "monotonic", lambda: 0.0)


def touring(position: float) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """On a tour of the dataset, so many stops in."""

    async def run(pilot: Pilot[Any]) -> None:
        app: Any = pilot.app
        drive = Drive(app, pilot)
        await drive.settle()
        await drive.frame()
        drive.screen.start_tour("dataset")
        drive.screen._seek(position)
        await drive.frame()
        await drive.settle()

    return run


@SIZES
def test_a_tour(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(steady_app(Cartoon()), terminal_size=size, run_before=touring(12.4))


@SIZES
def test_the_tours_to_choose_from(snap_compare: Compare, size: tuple[int, int]) -> None:
    keys = ("7", "g", "T", "down", "down")
    assert snap_compare(steady_app(Cartoon()), terminal_size=size, run_before=after(*keys))


def test_between_two_chosen_faces(snap_compare: Compare) -> None:
    keys = ("I", *"12 to 5", "enter", "W", "2", "0", "l")
    assert snap_compare(steady_app(Cartoon()), run_before=after(*keys))


def test_a_face_that_there_is_not(snap_compare: Compare) -> None:
    assert snap_compare(steady_app(Cartoon()), run_before=after("I", *"12 to nobody", "enter"))


def test_random_with(snap_compare: Compare) -> None:
    keys = ("R", *"prior trunc 2 seed 3", "enter", "R")
    assert snap_compare(steady_app(Cartoon()), run_before=after(*keys))
