"""What the panels look like. After a change that is meant: `make snapshots`, then look at every new picture."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.app.cartoon import Cartoon
from tests.app.driving import Drive, steady_app
from tests.app.test_snapshots import Compare, _no_clock  # noqa: F401  the fixture
from tui_vae.app.panels.gallery import Gallery

SIZES = pytest.mark.parametrize("size", [(200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")


def after(*keys: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Keys to press before the picture is taken; every face of a panel has to be there."""

    async def run(pilot: Pilot[Any]) -> None:
        app: Any = pilot.app
        drive = Drive(app, pilot)
        await drive.settle()
        await drive.frame()
        for key in keys:
            await drive.type(key)
            for field in app.screen.query(Input):
                field.cursor_blink = False
        await drive.frame()
        panel = drive.screen.panel
        if isinstance(panel, Gallery):
            await drive.until(lambda: panel.is_whole)
        await asyncio.sleep(0)
        await drive.settle()

    return run


FACE = ("7", "g", "1", "2", "l")


@SIZES
def test_traversal(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(steady_app(Cartoon()), terminal_size=size, run_before=after(*FACE, "e", "right", "right"))


@SIZES
def test_grid(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(steady_app(Cartoon()), terminal_size=size, run_before=after(*FACE, "E", "down", "right"))


@SIZES
def test_steps(snap_compare: Compare, size: tuple[int, int]) -> None:
    keys = ("3", "g", "a", "9", "g", "b", "S", "right")
    assert snap_compare(steady_app(Cartoon()), terminal_size=size, run_before=after(*keys))


@SIZES
def test_nearest(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(steady_app(Cartoon()), terminal_size=size, run_before=after("7", "g", "N"))


@SIZES
def test_map(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(steady_app(Cartoon()), terminal_size=size, run_before=after("7", "g", "m", "K", "up", "right"))


@SIZES
def test_undo_tree(snap_compare: Compare, size: tuple[int, int]) -> None:
    keys = ("3", "g", "i", "u", "u", "5", "g", "l", "j", "L", "u", "z", "up")
    assert snap_compare(steady_app(Cartoon()), terminal_size=size, run_before=after(*keys))


def test_search_with_an_error(snap_compare: Compare) -> None:
    assert snap_compare(steady_app(Cartoon()), run_before=after("F", *"smilling", "enter"))


def test_filtered_and_locked_bars(snap_compare: Compare) -> None:
    keys = (*FACE, "x", "j", "j", "x", "slash", *"pc 1", "enter", "w")
    assert snap_compare(steady_app(Cartoon()), run_before=after(*keys))
