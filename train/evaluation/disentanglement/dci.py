"""Disentanglement, completeness, informativeness (DCI): Eastwood & Williams 2018 (ICLR), section 2."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from train.evaluation.disentanglement.dimensions import Codes, Latents, Mask, Ranks, ranks, varying
from train.evaluation.disentanglement.sap import LEAST, in_both
from tui_vae.progress import Progress

TREES, LEAF = 50, 3
# A forest that sees more items than these takes minutes and says the same.
MOST = 4096

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Dci:
    """``disentanglement`` and ``completeness`` over all factors, ``informativeness`` of each; all in [0, 1].

    ``None`` where there is nothing to say: of one factor alone no dimension can be said to mean only it, and of one
    dimension alone no factor can be said to be in only it.
    """

    disentanglement: float | None
    completeness: float | None
    informativeness: tuple[float | None, ...]


def dci(latents: Latents, factors: Codes, first: Mask, seed: int = 0, trees: int = TREES) -> Dci:
    """All three from one random forest per factor, as in section 4.2 of the paper.

    ``latents`` (N, L) and ``factors`` (N, F) as for MIG; a factor's values are classes. Forests see all dimensions at
    every split and are fitted on the half ``first`` (N,), at most 4,096 items of it. R (V, F) are their importances
    (mean decrease of Gini impurity), which sum to 1 for each factor.

    Disentanglement: D_i = 1 - H_F(P_i), P_ij = R_ij / sum_j R_ij, the mean weighted by sum_j R_ij / sum_ij R_ij.
    Completeness: C_j = 1 - H_V(R_.j), the mean over factors. Entropies to the base of their number of outcomes.
    Informativeness: (a - g) / (1 - g), where a is the accuracy on the other half and g that of guessing the commonest
    value (the paper's error is 1 for guessing likewise); 0 where it would be negative.

    Importances of a factor that nothing tells still sum to 1: read the first two beside the third.
    """
    order = ranks(varying(latents))
    importances: list[Floats] = []
    told: list[float | None] = []
    with Progress("forests", factors.shape[1]) as progress:
        for values in factors.T:
            usable = in_both(values, first, LEAST)
            if order.shape[1] and len(np.unique(values[usable])) > 1:
                weights, score = _forest(order, values, usable & first, usable & ~first, seed, trees)
                importances.append(weights)
                told.append(score)
            else:
                told.append(None if order.shape[1] else 0.0)
            progress.advance(1)
    matrix = np.array(importances, np.float64).T if importances else np.zeros((order.shape[1], 0))
    return Dci(disentanglement(matrix), completeness(matrix), tuple(told))


def disentanglement(importances: Floats) -> float | None:
    """D of importances (V, F); ``None`` of fewer than two factors."""
    if importances.shape[1] < 2 or not importances.sum():
        return None
    weights = importances.sum(axis=1)
    kept = importances[weights > 0]
    shares = weights[weights > 0] / weights.sum()
    return float(np.clip(shares @ (1 - _entropies(kept)), 0.0, 1.0))


def completeness(importances: Floats) -> float | None:
    """C of importances (V, F); ``None`` of fewer than two dimensions."""
    kept = importances.T[importances.sum(axis=0) > 0]
    if importances.shape[0] < 2 or not len(kept):
        return None
    return float(np.clip((1 - _entropies(kept)).mean(), 0.0, 1.0))


def _entropies(rows: Floats) -> Floats:
    """Entropy of each row (R, K) as shares of its sum, to the base K."""
    shares = rows / rows.sum(axis=1, keepdims=True)
    logarithms = np.log(np.where(shares > 0, shares, 1.0))
    return np.asarray(-(shares * logarithms).sum(axis=1) / np.log(rows.shape[1]))


def _forest(
    order: Ranks, values: npt.NDArray[np.int32], fitted: Mask, held: Mask, seed: int, trees: int
) -> tuple[Floats, float]:
    from sklearn.ensemble import RandomForestClassifier

    rows = np.flatnonzero(fitted)
    rows = np.sort(np.random.default_rng(seed).permutation(rows)[:MOST])
    forest = RandomForestClassifier(trees, min_samples_leaf=LEAF, max_features=None, random_state=seed)
    forest.fit(order[rows], values[rows])
    accuracy = float((forest.predict(order[held]) == values[held]).mean())
    common = np.bincount(values[rows]).argmax()
    guessed = float((values[held] == common).mean())
    score = (accuracy - guessed) / (1 - guessed) if guessed < 1 else 0.0
    return np.asarray(forest.feature_importances_, np.float64), max(0.0, score)
