"""Separated attribute predictability (SAP): Kumar et al. 2018, arXiv:1711.00848, section 3."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from train.evaluation.disentanglement.dimensions import Codes, Latents, Mask, Ranks, gap, ranks, varying
from tui_vae.progress import Progress

# Items of every value in either half, at least.
LEAST = 2


def sap(latents: Latents, factors: Codes, first: Mask) -> tuple[float | None, ...]:
    """How much better the best dimension alone predicts each factor than the second best alone, in [0, 1].

    ``latents`` (N, L) and ``factors`` (N, F) as for MIG. A factor's values are classes, and as in the paper thresholds
    on the one dimension tell them apart (a tree of as many leaves as there are values): fitted on the half ``first``
    (N,), balanced accuracy on the other. A collapsed dimension scores 0. With K values and one dimension that tells
    all, the other at chance, the gap is 1 - 1/K. ``None`` where fewer than two values stand in both halves.
    """
    order = ranks(varying(latents))
    scores: list[float | None] = []
    with Progress("single dimensions", order.shape[1] * factors.shape[1]) as progress:
        for values in factors.T:
            usable = in_both(values, first, LEAST)
            if len(np.unique(values[usable])) < 2:
                scores.append(None)
                progress.advance(order.shape[1])
                continue
            told = []
            for column in order.T:
                told.append(_accuracy(column, values, usable & first, usable & ~first))
                progress.advance(1)
            scores.append(gap(np.array(told, np.float64)))
    return tuple(scores)


def in_both(values: npt.NDArray[np.integer], first: Mask, least: int) -> Mask:
    """Items (N,) whose value is known and stands at least ``least`` times in either half."""
    usable = np.zeros(len(values), np.bool_)
    for value in np.unique(values[values >= 0]):
        mine = values == value
        if min((mine & first).sum(), (mine & ~first).sum()) >= least:
            usable |= mine
    return usable


def _accuracy(column: Ranks, values: npt.NDArray[np.int32], fitted: Mask, held: Mask) -> float:
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.tree import DecisionTreeClassifier

    leaves = len(np.unique(values[fitted]))
    tree = DecisionTreeClassifier(max_leaf_nodes=leaves, class_weight="balanced", random_state=0)
    told = tree.fit(column[fitted, None], values[fitted]).predict(column[held, None])
    return float(balanced_accuracy_score(values[held], told))
