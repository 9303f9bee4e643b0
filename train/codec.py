"""A model's networks on whole arrays of images: one compiled shape, batch by batch, for any weights."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from copy import copy
from dataclasses import dataclass
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from train.data.joined import ImageRows
from tui_vae.model import networks
from tui_vae.model.architecture import Architecture, Shape
from tui_vae.model.networks import Networks, Parameters
from tui_vae.progress import Progress

Floats = npt.NDArray[np.float32]
Images = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]

# Images of a batch, fewer where they are large: so many pixels at most.
BATCH, BATCH_PIXELS = 64, 2**21


@dataclass(frozen=True)
class Posterior:
    """Gaussian posteriors q(z | x) of N images: ``mean`` and ``log_variance``, both (N, L)."""

    mean: Floats
    log_variance: Floats

    def kl(self) -> Floats:
        """KL(q || N(0, 1)) of each image and dimension (N, L), nats. Kingma & Welling 2014, appendix B."""
        terms = np.exp(self.log_variance) + np.square(self.mean) - 1.0 - self.log_variance
        return np.asarray(0.5 * terms, np.float32)

    def sample(self, rng: np.random.Generator) -> Floats:
        """One draw of each posterior (N, L)."""
        noise = rng.standard_normal(self.mean.shape, np.float32)
        return np.asarray(self.mean + np.exp(0.5 * self.log_variance) * noise, np.float32)

    def finite(self) -> Posterior:
        """The same with finite numbers in place of others, and variances within e^-30 and e^30."""
        mean, log_variance = (
            np.nan_to_num(array, nan=0.0, posinf=1e6, neginf=-1e6) for array in (self.mean, self.log_variance)
        )
        return Posterior(mean, np.clip(log_variance, -30.0, 30.0))


class Codec:
    """Encoder and decoder for images of one ``shape`` (H, W, C) and ``latent`` numbers, with the flat ``weights``."""

    def __init__(self, nets: Networks, shape: Shape, latent: int, weights: Mapping[str, Any] | None = None) -> None:
        self.shape, self.latent = shape, latent
        self.batch = max(4, min(BATCH, BATCH_PIXELS // (shape[0] * shape[1])))
        self._weights = _on_device(weights or {})

        @jax.jit
        def encode(weights: Parameters, images: jax.Array) -> tuple[jax.Array, jax.Array]:
            return nets.encode(weights, images.astype(jnp.float32) / 255.0)

        @jax.jit
        def decode(weights: Parameters, z: jax.Array) -> jax.Array:
            return jnp.clip(nets.decode(weights, z), 0.0, 1.0)

        self._encode, self._decode = encode, decode

    @classmethod
    def of(cls, arch: Architecture, weights: Mapping[str, Any] | None = None) -> Self:
        """The codec of an architecture."""
        return cls(networks.build(arch), arch.input, arch.latent, weights)

    def at(self, weights: Mapping[str, Any]) -> Codec:
        """The same networks with other weights: nothing is compiled again."""
        other = copy(self)
        other._weights = _on_device(weights)
        return other

    def encode(self, images: ImageRows, rows: Rows | None = None, unit: str | None = None) -> Posterior:
        """Posteriors of uint8 images (N, H, W, C), or of some ``rows`` of them; ``unit`` names them in a progress line.

        Only a batch of the images is in memory at a time.
        """
        rows = np.arange(len(images)) if rows is None else rows
        mean = np.empty((len(rows), self.latent), np.float32)
        log_variance = np.empty_like(mean)
        with Progress(unit, len(rows)) if unit else nullcontext() as progress:
            for start in range(0, len(rows), self.batch):
                part = slice(start, min(start + self.batch, len(rows)))
                size = part.stop - part.start
                made = jax.device_get(self._encode(self._weights, self._padded(images[rows[part]])))
                mean[part], log_variance[part] = (array[:size] for array in made)
                if progress:
                    progress.advance(size)
        return Posterior(mean, log_variance)

    def decode(self, z: npt.NDArray[np.floating]) -> Floats:
        """Latents (N, L) -> float32 images (N, H, W, C) in [0, 1], clipped and not rounded."""
        out = np.empty((len(z), *self.shape), np.float32)
        for start in range(0, len(z), self.batch):
            batch = z[start : start + self.batch].astype(np.float32, copy=False)
            made = np.asarray(self._decode(self._weights, self._padded(batch)))
            out[start : start + len(batch)] = made[: len(batch)]
        return out

    def pictures(self, z: npt.NDArray[np.floating]) -> Images:
        """Latents (N, L) -> uint8 images (N, H, W, C), rounded as the explorer does."""
        out = np.empty((len(z), *self.shape), np.uint8)
        for start in range(0, len(z), self.batch):  # the whole set as floats would be four times as large
            made = np.round(self.decode(z[start : start + self.batch]) * 255.0)
            out[start : start + self.batch] = np.nan_to_num(made)
        return out

    def _padded(self, batch: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Fill up to one batch, so that one program serves all."""
        return np.pad(batch, [(0, self.batch - len(batch))] + [(0, 0)] * (batch.ndim - 1))


def _on_device(weights: Mapping[str, Any]) -> dict[str, jax.Array]:
    """On one device: several would each do the same work."""
    return {name: jnp.asarray(value) for name, value in weights.items()}
