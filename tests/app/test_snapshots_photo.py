"""What the photo's screen and the mirror look like. After a change that is meant: `make snapshots`, then look."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.app.driving import Drive, steady_app
from tests.app.stills import Encoding, put_stills
from tests.app.test_snapshots import Compare, _no_clock  # noqa: F401  the fixture
from tui_vae.app.screens.camera import CameraScreen
from tui_vae.app.screens.photo import PhotoScreen

SIZES = pytest.mark.parametrize("size", [(200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")


def frozen(source: int) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """The mirror, held: without a rate that would differ each time."""

    async def run(pilot: Pilot[Any]) -> None:
        app: Any = pilot.app
        drive = Drive(app, pilot)
        await drive.frame()
        app.explorer.open_camera(source)
        await drive.until(lambda: isinstance(app.screen, CameraScreen) and app.screen._shot is not None)
        if source == 0:
            await drive.until(lambda: app.screen.z is not None)
        await drive.type("space")
        await drive.settle()

    return run


def with_photo(*keys: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """The photo's screen, with its three pictures there."""

    async def run(pilot: Pilot[Any]) -> None:
        app: Any = pilot.app
        drive = Drive(app, pilot)
        await drive.frame()
        app.explorer.open_photo(Path("us.jpg"))
        await drive.until(lambda: isinstance(app.screen, PhotoScreen) and app.screen.z is not None)
        for key in keys:
            await drive.type(key)
        await app.workers.wait_for_complete()
        await drive.settle()

    return run


@pytest.fixture(autouse=True)
def _stills(monkeypatch: pytest.MonkeyPatch) -> None:
    put_stills(monkeypatch)


@SIZES
def test_mirror(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(steady_app(Encoding()), terminal_size=size, run_before=frozen(0))


def test_mirror_without_a_face(snap_compare: Compare) -> None:
    assert snap_compare(steady_app(Encoding()), run_before=frozen(1))


@SIZES
def test_photo(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(steady_app(Encoding()), terminal_size=size, run_before=with_photo())


def test_the_middle_of_a_photo(snap_compare: Compare) -> None:
    assert snap_compare(steady_app(Encoding()), run_before=with_photo("c"))
