"""A camera's faces encoded and decoded as they come, in threads: the newest is always at hand."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from tui_vae.app.model import Encode, Grid, LatentModel
from tui_vae.errors import UserError, one_line
from tui_vae.latent.axes import Vector
from tui_vae.model.frame import Frame
from tui_vae.photo.align import Eyes, Pixels, aligned
from tui_vae.photo.camera import Camera, Shot

LONGEST_CLOSING = 5.0


@dataclass(frozen=True)
class Reflection:
    """What the model makes of one shot.

    Attributes:
        shot: The camera's picture, in which a face was found.
        face: It as the model takes it, uint8 (H, W, C).
        image: Its reconstruction at the mirror's grid, uint8 (height, width, C).
        z: Its latent (L,).
    """

    shot: Shot
    face: Pixels
    image: Pixels
    z: Vector


class Mirror:
    """Opens a camera or a video file, and encodes and decodes the newest shot that has a face, over and over.

    Nothing here makes the event loop wait, but `close`. Shots go on arriving while JAX is being loaded.

    Args:
        model: Decodes.
        encode: The model's encoder.
        source: As `Camera` takes it.

    Attributes:
        problem: Why there is nothing, or nothing new, in one line; empty while there is no reason.
    """

    def __init__(self, model: LatentModel, encode: Encode, source: int | Path) -> None:
        self._model, self._encode, self._source = model, encode, source
        self._grid: Grid = (0, 0)
        self.problem = ""
        self._camera: Camera | None = None
        self._reflection: Reflection | None = None
        self._is_paused = self._is_closing = False
        self._awake = threading.Event()
        self._thread = threading.Thread(target=self._work, name="mirror", daemon=True)
        self._thread.start()

    @property
    def shot(self) -> Shot | None:
        """The newest frame, which may have no reflection yet; ``None`` before the first."""
        return self._camera.latest() if self._camera is not None else None

    @property
    def reflection(self) -> Reflection | None:
        """The newest; ``None`` before the first."""
        return self._reflection

    @property
    def has_ended(self) -> bool:
        """Whether there will be no further frame."""
        return self._camera is not None and self._camera.has_ended

    def resize(self, grid: Grid) -> None:
        """Make reconstructions of (height, width) from now on. Before the first size there are none."""
        self._grid = grid
        self._awake.set()

    def pause(self, on: bool) -> None:
        """Leave new shots alone, or go on."""
        self._is_paused = on
        self._awake.set()

    def close(self) -> None:
        """Stop, and let the camera go. Waits for both."""
        self._is_closing = True
        self._awake.set()
        self._thread.join(LONGEST_CLOSING)

    def _work(self) -> None:
        try:
            with Camera(self._source, self._awake.set) as self._camera:
                self._reflect(self._camera)
        except Exception as error:  # OpenCV has exceptions of its own
            self.problem = str(error) if isinstance(error, UserError) else f"the camera failed: {one_line(error)}"

    def _reflect(self, camera: Camera) -> None:
        done: tuple[Shot, Grid] | None = None
        while not self._is_closing:
            self._awake.wait()
            self._awake.clear()
            held = self._reflection if self._is_paused else None
            shot, grid = held.shot if held is not None else camera.latest(), self._grid
            if self.problem or shot is None or shot.eyes is None or min(grid) < 1:
                continue
            if done is None or done[0] is not shot or done[1] != grid:
                done = shot, grid
                try:
                    self._reflection = self._reflected(shot, shot.eyes, grid)
                except Exception as error:  # whatever a model raises, the app must hear of it
                    self.problem = f"the model failed: {one_line(error)}"

    def _reflected(self, shot: Shot, eyes: Eyes, grid: Grid) -> Reflection:
        height, width, channels = self._model.preview.shape
        face = aligned(shot.image, eyes, getattr(self._model, "frame", Frame()), (height, width), channels)
        z = self._encode(face[None])[0]
        return Reflection(shot, face, self._model.decode(z[None], grid)[0], z)
