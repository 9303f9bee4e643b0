"""What all scores share: latent dimensions that vary, without their units and their order; halves of the items."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Latents = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int32]
Ranks = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

# A dimension whose range is a smaller part of its largest number is a constant in float32.
LEAST_RANGE = 1e-5


def varying(latents: Latents) -> Latents:
    """The dimensions (N, V) of posterior means (N, L) that are not constant: collapsed ones say nothing of anything."""
    if not len(latents):
        return latents[:, :0]
    spread = np.ptp(latents.astype(np.float64), axis=0)
    return latents[:, spread > LEAST_RANGE * np.abs(latents.astype(np.float64)).max(axis=0)]


def ranks(latents: Latents) -> Ranks:
    """Dense ranks (N, V) from 0 up of each dimension, the dimensions sorted by them.

    Trees split by order alone, so scores from ranks do not change with a dimension's unit; and sorted dimensions give
    the same forest whatever order they came in.
    """
    if not latents.shape[1]:
        return np.zeros(latents.shape, np.int32)
    dense = np.stack([np.unique(column, return_inverse=True)[1].reshape(-1) for column in latents.T]).astype(np.int32)
    return np.ascontiguousarray(dense[np.lexsort(dense.T[::-1])].T)


def halves(count: int, seed: int) -> Mask:
    """True (count,) for a random half of the items: what is fitted on one half is scored on the other."""
    first = np.zeros(count, np.bool_)
    first[np.random.default_rng(seed).permutation(count)[: count // 2]] = True
    return first


def gap(scores: npt.NDArray[np.float64]) -> float:
    """The best score less the second best; a dimension that is not there scores 0."""
    best = np.sort(np.append(scores, (0.0, 0.0)))[::-1]
    return float(best[0] - best[1])
