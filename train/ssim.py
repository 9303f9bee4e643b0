"""Structural similarity, of one scale and of several: for the loss and for the figures alike."""

from __future__ import annotations

from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

WINDOW, SIGMA = 11, 1.5
C1, C2 = 0.01**2, 0.03**2
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
# Below this the power of a scale's weight has no useful gradient.
LEAST = 1e-4


def ssim(x: jax.Array, y: jax.Array) -> jax.Array:
    """Structural similarity of each pair: two float (N, H, W, C) in [0, 1] -> (N,), at most 1.

    Wang et al. 2004: Gaussian window of 11 pixels and standard deviation 1.5 inside the image (no padding), mean over
    positions and channels. Where the image is smaller than the window, the window is as large as the image allows.
    """
    luminance, contrast = _terms(x, y)
    return (luminance * contrast).mean(axis=(1, 2, 3))


def scales(height: int, width: int) -> int:
    """How many of the five scales an image has room for: the window must fit into each (five from 176 pixels up)."""
    return max(1, sum(min(height, width) >> scale >= WINDOW for scale in range(len(SCALE_WEIGHTS))))


def ms_ssim(x: jax.Array, y: jax.Array) -> jax.Array:
    """Multi-scale structural similarity of each pair: two float (N, H, W, C) in [0, 1] -> (N,).

    Wang et al. 2003, each scale the mean over 2x2 pixels of the one before. Images with no room for all five scales
    use the finest ones, whose weights are then scaled to sum to 1; :func:`scales` tells how many.
    """
    count = scales(*x.shape[1:3])
    weights = np.array(SCALE_WEIGHTS[:count])
    weights /= weights.sum()
    product = jnp.ones(x.shape[0])
    for scale, weight in enumerate(weights):
        luminance, contrast = _terms(x, y)
        similarity = luminance * contrast if scale == count - 1 else contrast
        product = product * jnp.maximum(similarity.mean(axis=(1, 2)), LEAST).mean(axis=1) ** weight
        if scale < count - 1:
            x, y = _halve(x), _halve(y)
    return product


def _terms(x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Luminance and contrast-structure terms at every position, each (N, H', W', C)."""
    height, width = x.shape[1:3]
    rows, columns = jnp.asarray(_window(height), x.dtype), jnp.asarray(_window(width), x.dtype)

    def blur(image: jax.Array) -> jax.Array:
        return jnp.einsum("ih,nhwc,jw->nijc", rows, image, columns)

    mean_x, mean_y = blur(x), blur(y)
    variance_x, variance_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
    covariance = blur(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
    return luminance, (2 * covariance + C2) / (variance_x + variance_y + C2)


def _halve(x: jax.Array) -> jax.Array:
    n, height, width, channels = x.shape
    even = x[:, : height // 2 * 2, : width // 2 * 2]
    return even.reshape(n, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4))


@lru_cache
def _window(size: int) -> npt.NDArray[np.float64]:
    """The (size - window + 1, size) matrix that applies the Gaussian window wherever it fits."""
    length = min(WINDOW, size)
    weights = np.exp(-np.square(np.arange(length) - (length - 1) / 2) / (2 * SIGMA**2))
    weights /= weights.sum()
    matrix = np.zeros((size - length + 1, size))
    for row in range(len(matrix)):
        matrix[row, row : row + length] = weights
    return matrix
