"""What the explorer asks of a model. Any decoder that offers this can be explored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tui_vae.latent.space import LatentSpace

Grid = tuple[int, int]
Encode = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]


class LatentModel(Protocol):
    """A decoder with its latent space."""

    @property
    def name(self) -> str:
        """What the model is called."""

    @property
    def space(self) -> LatentSpace:
        """The atlas and the axes. Asked for on the event loop: it must not wait for JAX."""

    @property
    def preview(self) -> npt.NDArray[np.uint8]:
        """The average face, uint8 (H, W, C), at hand before the decoder is."""

    @property
    def encode(self) -> Encode | None:
        """uint8 images (N, H, W, C) of the preview's shape -> latents (N, L); ``None`` where there is no encoder.

        Called from worker threads.
        """

    def decode(self, z: npt.NDArray[np.float32], grid: Grid | None = None) -> npt.NDArray[np.uint8]:
        """Latents (N, L) -> uint8 images (N, height, width, C) at ``grid``. Called from worker threads."""


class Moment(LatentModel, Protocol):
    """A model as it was at one moment of its training."""

    @property
    def step(self) -> int:
        """How many training steps it has behind it."""

    @property
    def held_out(self) -> float | None:
        """Its loss on held-out images; ``None`` where that was not measured."""


class Moments(Protocol):
    """A run that goes on: its models in the order of time, read in a thread of its own.

    All of them have the same atlas items and as many latents.
    """

    @property
    def first(self) -> Moment:
        """The newest at the start."""

    def start(self, deliver: Callable[[Moment], object], tell: Callable[[str], object]) -> None:
        """Begin to watch. Both functions are called on the thread: with a model that has been read, because it was
        chosen or is the newest, and with the reason in one line where there is none to be had."""

    def choose(self, by: int) -> bool:
        """Ask for an earlier (negative) or later model; beyond the newest, for the newest from now on.

        ``False`` where there is none further that way.
        """

    @property
    def facts(self) -> str:
        """Which model is chosen, of how many, or "live"."""

    def close(self) -> None:
        """Stop; does not wait for the thread."""
