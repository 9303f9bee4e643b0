"""What the photo's screen and the mirror look like. After a change that is meant: `make snapshots`, then look."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot

from tests.app.cartoon import Cartoon
from tests.app.driving import Drive, steady_app
from tests.app.test_snapshots import Compare, _no_clock  # noqa: F401  the fixture
from tui_vae.app.mirror import Reflection
from tui_vae.app.model import Grid
from tui_vae.app.screens import camera as camera_screen
from tui_vae.app.screens import photo as photo_screen
from tui_vae.app.screens.camera import CameraScreen
from tui_vae.app.screens.photo import PhotoScreen
from tui_vae.model.frame import Frame
from tui_vae.photo import Face
from tui_vae.photo.camera import Shot
from tui_vae.photo.choosing import Photo

SIZES = pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")


class Encoding(Cartoon):
    """Takes every picture for one and the same face."""

    def encode(self, images: np.ndarray) -> np.ndarray:  # type: ignore[override]
        return np.repeat(self.space.atlas[5][None], len(images), axis=0)


def scene() -> tuple[np.ndarray, tuple[complex, complex]]:
    """A drawn face in front of a wall, (120, 160, 3), and its eyes."""
    image = np.full((120, 160, 3), (86, 98, 80), np.uint8)
    image[90:] = (60, 54, 50)
    cartoon = Cartoon()
    image[20:84, 48:112] = cartoon.draw(cartoon.space.atlas[7], (64, 64))
    left, right = (eye + 48 + 20j for eye in Frame().eyes(64, 64))
    return image, (left, right)


class Still:
    """In the place of the mirror: always the same picture."""

    problem = ""
    has_ended = False
    reflection: Reflection | None = None

    def __init__(self, model: Any, encode: Any, source: int | Path) -> None:
        self.model, self.z = model, model.space.atlas[5]
        image, eyes = scene()
        self.shot = Shot(3, image, eyes if source == 0 else None)

    def resize(self, grid: Grid) -> None:
        if self.shot.eyes is not None:
            face = self.shot.image[20:84, 48:112]
            self.reflection = Reflection(self.shot, face, self.model.draw(self.z, grid), self.z)

    def pause(self, on: bool) -> None: ...

    def close(self) -> None: ...


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
    image, eyes = scene()
    faces = (Face(eyes, 0.0), Face((eyes[0] + 1, eyes[1] + 3), 0.0))
    monkeypatch.setattr(photo_screen, "open_photo", lambda path: Photo(image, faces))
    monkeypatch.setattr(camera_screen, "Mirror", Still)


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
