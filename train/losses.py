"""The terms of the evidence lower bound, in nats per image.

Every reconstruction likelihood here is *calibrated*: its scale is not a setting but the one that makes the batch most
likely, found in closed form (sigma-VAE, Rybkin et al. 2021, arXiv:2006.13202). With it beta keeps its meaning: at 1 the
sum is the evidence lower bound, whatever the size of the images.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

Loss = Callable[[jax.Array, jax.Array], jax.Array]

# Scales below half of one 8-bit step would reward precision that the data does not have.
MIN_SCALE = 0.5 / 255.0
PYRAMID_LEVELS = 4


def gaussian(images: jax.Array, outputs: jax.Array) -> jax.Array:
    """Negative log likelihood under N(outputs, sigma^2), sigma^2 the batch's mean squared error.

    Both are float (N, H, W, C) in [0, 1]; the result is a scalar, nats per image.
    """
    variance = jnp.maximum(jnp.mean(jnp.square(images - outputs)), MIN_SCALE**2)
    return 0.5 * images[0].size * (jnp.log(2 * math.pi * variance) + 1)


def laplace(images: jax.Array, outputs: jax.Array) -> jax.Array:
    """Negative log likelihood under Laplace(outputs, b), b the batch's mean absolute error; nats per image."""
    return images[0].size * _laplace_nats(images - outputs)


def laplacian_pyramid(images: jax.Array, outputs: jax.Array) -> jax.Array:
    """Laplace likelihood of each band of the error's Laplacian pyramid, with a calibrated scale per band.

    Fine bands are hard to predict and get a wide scale of their own, so that they are neither ignored nor allowed to
    drown the coarse ones. Bands: Burt & Adelson 1983. A pyramid holds more numbers than its image; the bands' weights
    are scaled to sum to the image's dimensions, which keeps beta comparable with the other likelihoods.
    Nats per image.
    """
    bands = pyramid(images - outputs, PYRAMID_LEVELS)
    dimensions = [band[0].size for band in bands]
    shrink = images[0].size / sum(dimensions)
    terms = [shrink * size * _laplace_nats(band) for size, band in zip(dimensions, bands, strict=True)]
    return jnp.sum(jnp.stack(terms))


LIKELIHOODS: dict[str, Loss] = {"gaussian": gaussian, "laplace": laplace, "pyramid": laplacian_pyramid}


def kl_per_dimension(mean: jax.Array, log_variance: jax.Array) -> jax.Array:
    """KL(N(mean, exp(log_variance)) || N(0, 1)) averaged over the batch: (N, L) -> (L,), nats.

    Kingma & Welling 2014, appendix B (arXiv:1312.6114).
    """
    terms = 0.5 * (jnp.exp(log_variance) + jnp.square(mean) - 1.0 - log_variance)
    return jnp.mean(terms, axis=0)


def pyramid(x: jax.Array, levels: int) -> list[jax.Array]:
    """(N, H, W, C) -> its Laplacian bands from fine to coarse, the last one the low-pass rest."""
    bands = []
    for _ in range(levels):
        height, width = x.shape[1:3]
        if min(height, width) < 4:
            break
        down_rows, down_columns = jnp.asarray(_reduce(height)), jnp.asarray(_reduce(width))
        low = jnp.einsum("ih,nhwc,jw->nijc", down_rows, x, down_columns)
        # Expanding is the transpose of reducing, times the two of the kept samples along either side.
        bands.append(x - 4.0 * jnp.einsum("ih,nijc,jw->nhwc", down_rows, low, down_columns))
        x = low
    return [*bands, x]


def _laplace_nats(error: jax.Array) -> jax.Array:
    return jnp.log(2 * jnp.maximum(jnp.mean(jnp.abs(error)), MIN_SCALE)) + 1


@lru_cache
def _reduce(size: int) -> npt.NDArray[np.float32]:
    """The (ceil(size / 2), size) matrix that blurs with [1 4 6 4 1] / 16 and keeps every second sample."""
    kept = -(-size // 2)
    matrix = np.zeros((kept, size), np.float32)
    for row in range(kept):
        for offset, weight in zip(range(-2, 3), (1, 4, 6, 4, 1), strict=True):
            place = 2 * row + offset
            place = -place if place < 0 else place
            place = 2 * (size - 1) - place if place >= size else place
            matrix[row, place] += weight / 16
    return matrix
