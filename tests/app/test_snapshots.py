"""What the explorer looks like at other sizes than that of `test_snapshots_themes`.

After a change that is meant: `make snapshots`, then look at every new picture.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.app.cartoon import Cartoon
from tests.app.driving import Drive, steady_app
from tui_vae.app import decoding
from tui_vae.app.widgets import status

Compare = Callable[..., bool]


@pytest.fixture(autouse=True)
def _no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every decode takes 1.5 ms, and no message goes away."""
    clock = itertools.count()
    monkeypatch.setattr(decoding, "time", SimpleNamespace(perf_counter=lambda: 0.0015 * next(clock)))
    monkeypatch.setattr(status, "MESSAGE_SECONDS", 3600.0)


def after(*keys: str, face: bool = True) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Keys to press before the picture is taken; with ``face``, the face of every step has to be there."""

    async def run(pilot: Pilot[Any]) -> None:
        app: Any = pilot.app
        drive = Drive(app, pilot)
        await drive.settle()
        await drive.frame()
        for key in keys:
            await drive.type(key)
            if face:
                await drive.frame()
            for field in app.screen.query(Input):
                field.cursor_blink = False
        await drive.settle()

    return run


EDITED = ("3", "g", "4", "l", "2", "j", "H", "H", "j", "1", "5", "l", "k")


@pytest.mark.parametrize("size", [(200, 60), (40, 12)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_explorer(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(steady_app(Cartoon()), terminal_size=size, run_before=after(*EDITED))


def test_the_average_face(snap_compare: Compare) -> None:
    assert snap_compare(steady_app(Cartoon()), run_before=after("n", "0"))


def test_help_in_a_small_terminal(snap_compare: Compare) -> None:
    assert snap_compare(steady_app(Cartoon()), terminal_size=(40, 12), run_before=after("?", "j", "j"))
