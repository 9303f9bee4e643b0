"""In the place of photos and cameras: a drawn face, always the same, and a model that takes pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.app.cartoon import Cartoon
from tui_vae.app.mirror import Reflection
from tui_vae.app.model import Grid
from tui_vae.app.screens import camera as camera_screen
from tui_vae.app.screens import photo as photo_screen
from tui_vae.model.frame import Frame
from tui_vae.photo import Face
from tui_vae.photo.camera import Shot
from tui_vae.photo.choosing import Photo


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


def put_stills(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on every photo has two faces, and every camera sees one; number 1 sees none."""
    image, eyes = scene()
    faces = (Face(eyes, 0.0), Face((eyes[0] + 1, eyes[1] + 3), 0.0))
    monkeypatch.setattr(photo_screen, "open_photo", lambda path: Photo(image, faces))
    monkeypatch.setattr(camera_screen, "Mirror", Still)
