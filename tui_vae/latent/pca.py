"""Principal components of latents, and coordinates along them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tui_vae.latent.axes import Vector

# A component whose standard deviation is below this share of the first one's carries rounding, not data.
LEAST_SCALE = 1e-4


def principal_components(latents: Vector) -> tuple[Vector, Vector, Vector]:
    """Mean (L,), orthonormal components (L, L) by falling variance, and standard deviations (L,) of latents (N, L).

    N may be smaller than L: the components beyond the data's rank complete the basis, with a deviation of (nearly) 0.
    Each component's sign is the one in which its largest entry is positive, so that the same data gives the same axes.
    """
    mean = latents.mean(axis=0, dtype=np.float64)
    centred = latents - mean
    return (mean.astype(np.float32), *components_of(centred.T @ centred / max(1, len(latents) - 1)))


def components_of(covariance: npt.NDArray[np.float64]) -> tuple[Vector, Vector]:
    """Orthonormal components (L, L) by falling variance, and standard deviations (L,), of a covariance (L, L)."""
    variances, columns = np.linalg.eigh(covariance)
    vectors = columns.T[::-1]
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=1)[:, None], axis=1)
    vectors = vectors * np.sign(largest)
    return vectors.astype(np.float32), np.sqrt(np.maximum(variances[::-1], 0.0)).astype(np.float32)


def whitened(latents: Vector, mean: Vector, vectors: Vector, scales: Vector) -> Vector:
    """PCA coordinates (N, L) in standard deviations; 0 along components that the data does not span."""
    spanned = scales > max(LEAST_SCALE * float(scales.max(initial=0.0)), 1e-6)
    inverse = np.where(spanned, 1.0 / np.where(spanned, scales, 1.0), 0.0)
    return ((latents - mean) @ vectors.T * inverse).astype(np.float32)
