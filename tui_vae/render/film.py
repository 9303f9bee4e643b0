"""Films: points of the latent space in time, decoded picture by picture as they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from tui_vae.errors import UserError
from tui_vae.latent.axes import Vector

Images = npt.NDArray[np.uint8]
Grid = tuple[int, int]
Progress = Callable[[int, int], None]
"""Is told how many pictures are done, and of how many."""

BATCH: Final = 32
MOST_BYTES: Final = 1 << 30
"""What the pictures of one film may take in memory: the encoders hold all of them."""


class Decode(Protocol):
    """A decoder: latents (N, L) -> uint8 (N, height, width, C) at ``grid``, or at the model's own size."""

    def __call__(self, z: Vector, grid: Grid | None = None, /) -> Images: ...


class CancelledError(Exception):
    """Who asked for a film has asked to stop."""


@dataclass(frozen=True)
class Film:
    """Points in time.

    Attributes:
        latents: (N, L), at least one.
        fps: Pictures a second.
        ping_pong: Go back the same way, so that the end joins the beginning.
    """

    latents: Vector
    fps: float = 20.0
    ping_pong: bool = False

    @property
    def order(self) -> list[int]:
        """The numbers of the points as they are shown; on the way back neither end is shown twice."""
        there = list(range(len(self.latents)))
        return there + there[-2:0:-1] if self.ping_pong else there

    @property
    def seconds(self) -> float:
        """How long it runs."""
        return len(self.order) / self.fps


def frames(
    latents: Vector,
    decode: Decode,
    grid: Grid | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[Images]:
    """Decode points (N, L) one after another, each uint8 (H, W, C).

    They are decoded in batches of one size, the last one filled up, so that one program is compiled.

    Args:
        latents: The points.
        decode: The decoder.
        grid: (height, width) of the pictures; ``None`` for the model's own.
        progress: Told of every picture that has been used.
        cancelled: Asked before every picture.

    Raises:
        CancelledError: ``cancelled`` has said so.
    """
    size = min(BATCH, len(latents))
    for start in range(0, len(latents), size):
        batch = latents[start : start + size]
        if cancelled is not None and cancelled():
            raise CancelledError
        filled = np.pad(batch, ((0, size - len(batch)), (0, 0)), mode="edge")
        for row, image in enumerate(decode(filled, grid)[: len(batch)]):
            if cancelled is not None and cancelled():
                raise CancelledError
            yield image
            if progress is not None:
                progress(start + row + 1, len(latents))


def check_room(count: int, height: int, width: int, channels: int) -> None:
    """Refuse what would not fit into memory before any of it is decoded.

    Raises:
        UserError: it needs more than a gigabyte.
    """
    needed = count * height * width * channels
    if needed > MOST_BYTES:
        raise UserError(
            f"{count} pictures of {width}x{height} take {needed / (1 << 30):.1f} GB of memory, and 1 GB is supported: "
            "make them fewer or smaller"
        )
