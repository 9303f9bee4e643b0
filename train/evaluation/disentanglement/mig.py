"""Mutual information gap (MIG): Chen et al. 2018, arXiv:1802.04942, equation 6."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from train.evaluation.disentanglement.dimensions import Codes, Latents, gap, varying

BINS = 20


def mig(latents: Latents, factors: Codes) -> tuple[float | None, ...]:
    """The gap of each factor: (I(z_1; v) - I(z_2; v)) / H(v), z_1 and z_2 being the two dimensions that tell most of v.

    ``latents`` (N, L) are posterior means, ``factors`` (N, F) codes from 0 up, negative where unknown: such items are
    left out of that factor. Each gap is in [0, 1]; ``None`` where fewer than two values of a factor are known. Their
    mean is the MIG.

    The estimator is that of disentanglement_lib (Locatello et al. 2019, arXiv:1811.12359), not the paper's: the means
    are put into 20 bins of equal width between a dimension's smallest and largest value, and information is counted
    from the table of bins and values (plug-in). That is biased upwards, by about 19 (K - 1) / 2N nats for K values and
    N items; most of it cancels in the gap, and what is left shrinks as 1/N.
    """
    bins = [_bins(column) for column in varying(latents).T]
    return tuple(_gap(bins, values) for values in factors.T)


def _gap(bins: list[npt.NDArray[np.int64]], values: Codes) -> float | None:
    known = values >= 0
    shares = _shares(np.unique(values[known], return_counts=True)[1])
    if len(shares) < 2:
        return None
    entropy = _entropy(shares)
    told = [mutual_information(column[known], values[known]) for column in bins]
    return min(1.0, gap(np.array(told, np.float64)) / entropy)


def _bins(column: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    wide = column.astype(np.float64)
    low, high = wide.min(), wide.max()
    return np.asarray(np.minimum((wide - low) / (high - low) * BINS, BINS - 1), np.int64)


def mutual_information(a: npt.NDArray[np.integer], b: npt.NDArray[np.integer]) -> float:
    """I(a; b) in nats of two columns (N,) of codes from 0 up, counted from their table (plug-in); never negative."""
    table = np.zeros((int(a.max()) + 1, int(b.max()) + 1))
    np.add.at(table, (a, b), 1)
    joint = _entropy(_shares(table.reshape(-1)))
    return max(0.0, _entropy(_shares(table.sum(axis=1))) + _entropy(_shares(table.sum(axis=0))) - joint)


def _shares(counts: npt.NDArray[np.number]) -> npt.NDArray[np.float64]:
    kept = counts[counts > 0].astype(np.float64)
    return np.asarray(kept / kept.sum() if len(kept) else kept)


def _entropy(shares: npt.NDArray[np.float64]) -> float:
    return float(-(shares * np.log(shares)).sum())
