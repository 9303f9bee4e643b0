"""What the export looks like. After a change that is meant: `make snapshots`, then look at every new picture."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.app.cartoon import Cartoon
from tests.app.driving import Drive, steady_app
from tests.app.test_snapshots import Compare, _no_clock, after  # noqa: F401  the fixture

SIZES = pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
MARKED = ("3", "g", "a", "9", "g", "b")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@SIZES
def test_export(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(steady_app(Cartoon()), terminal_size=size, run_before=after(*MARKED, "X", "j", "j", "j", "j"))


def complaining(*keys: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Keys, and then a complaint that comes from the thread that writes."""

    async def run(pilot: Pilot[Any]) -> None:
        await after(*keys)(pilot)
        screen: Any = pilot.app.screen
        app: Any = pilot.app
        drive = Drive(app, pilot)
        await drive.until(lambda: screen.query_one("#line").has_class("-problem"))
        screen.query_one("#file").cursor_blink = False
        await drive.settle()

    return run


TOUR = ("X", "end", "enter", *"tour.gif", "tab", *"smiles", "enter")


def test_a_film_of_a_tour_with_a_complaint(snap_compare: Compare) -> None:
    assert snap_compare(steady_app(Cartoon()), run_before=complaining(*TOUR))


def test_a_small_terminal(snap_compare: Compare) -> None:
    assert snap_compare(steady_app(Cartoon()), terminal_size=(40, 12), run_before=after("X", "enter"))
