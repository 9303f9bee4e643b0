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
