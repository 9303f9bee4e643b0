"""The Frechet distance between two sets of features, taken as Gaussians."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Features = npt.NDArray[np.float32]


def distance(first: Features, second: Features) -> float:
    """Squared Frechet distance of the Gaussians fitted to two sets of features (N, F) and (M, F), N and M at least 2.

    ``|m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))``, Dowson & Landau 1982. Only with Inception's features, full counts
    and its own resizing would it be the FID of Heusel et al. 2017; here it is not. It falls with growing sets: compare
    sets of equal counts, and compare with the distance that real images have from real images.
    """
    (mean_1, cov_1), (mean_2, cov_2) = _moments(first), _moments(second)
    # The trace of (S1 S2)^(1/2) is that of the symmetric (S1^(1/2) S2 S1^(1/2))^(1/2), which eigh can do.
    values, vectors = np.linalg.eigh(cov_1)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cov_2 @ root), 0.0)).sum()
    found = np.square(mean_1 - mean_2).sum() + np.trace(cov_1) + np.trace(cov_2) - 2 * cross
    return max(0.0, float(found))


def _moments(features: Features) -> tuple[Any, Any]:
    if features.ndim != 2 or len(features) < 2:
        raise ValueError(f"expected features (N, F) of at least 2 images, got {features.shape}")
    wide = features.astype(np.float64)
    return wide.mean(axis=0), np.atleast_2d(np.cov(wide, rowvar=False))
