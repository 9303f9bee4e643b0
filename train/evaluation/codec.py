"""A model's networks on whole arrays of images: one compiled shape, batch by batch."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from train.data.joined import ImageRows
from tui_vae.model import networks
from tui_vae.model.architecture import Architecture
from tui_vae.progress import Progress

Floats = npt.NDArray[np.float32]
Images = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]

BATCH = 64


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


class Codec:
    """Encoder and decoder of ``arch`` with the flat ``weights``."""

    def __init__(self, arch: Architecture, weights: Mapping[str, Any]) -> None:
        self.architecture = arch
        self._weights = {name: jnp.asarray(value) for name, value in weights.items()}
        nets = networks.build(arch)

        @jax.jit
        def encode(weights: networks.Parameters, images: jax.Array) -> tuple[jax.Array, jax.Array]:
            return nets.encode(weights, images.astype(jnp.float32) / 255.0)

        @jax.jit
        def decode(weights: networks.Parameters, z: jax.Array) -> jax.Array:
            return jnp.clip(nets.decode(weights, z), 0.0, 1.0)

        self._encode, self._decode = encode, decode

    def encode(self, images: ImageRows, rows: Rows | None = None, unit: str | None = None) -> Posterior:
        """Posteriors of uint8 images (N, H, W, C), or of some ``rows`` of them; ``unit`` names them in a progress line.

        Only a batch of the images is in memory at a time.
        """
        rows = np.arange(len(images)) if rows is None else rows
        mean = np.empty((len(rows), self.architecture.latent), np.float32)
        log_variance = np.empty_like(mean)
        with Progress(unit, len(rows)) if unit else nullcontext() as progress:
            for start in range(0, len(rows), BATCH):
                part = slice(start, min(start + BATCH, len(rows)))
                size = part.stop - part.start
                made = jax.device_get(self._encode(self._weights, _padded(images[rows[part]])))
                mean[part], log_variance[part] = (array[:size] for array in made)
                if progress:
                    progress.advance(size)
        return Posterior(mean, log_variance)

    def decode(self, z: Floats) -> Floats:
        """Latents (N, L) -> float32 images (N, H, W, C) in [0, 1], clipped and not rounded."""
        out = np.empty((len(z), *self.architecture.input), np.float32)
        for start in range(0, len(z), BATCH):
            batch = z[start : start + BATCH]
            out[start : start + len(batch)] = np.asarray(self._decode(self._weights, _padded(batch)))[: len(batch)]
        return out

    def pictures(self, z: Floats) -> Images:
        """Latents (N, L) -> uint8 images (N, H, W, C), rounded as the explorer does."""
        out = np.empty((len(z), *self.architecture.input), np.uint8)
        for start in range(0, len(z), BATCH):  # the whole set as floats would be four times as large
            out[start : start + BATCH] = np.round(self.decode(z[start : start + BATCH]) * 255.0)
        return out


def _padded(batch: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Fill up to one batch, so that one program serves all."""
    return np.pad(batch, [(0, BATCH - len(batch))] + [(0, 0)] * (batch.ndim - 1))
