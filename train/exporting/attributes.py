"""Attribute directions: what moves a face towards a label, and how well it tells held-out faces apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from train.data.labels import Column, Table, match
from train.data.split import SPLITS, Split
from train.evaluation.metrics import auc
from train.exporting.targets import Quantity, Target
from tui_vae.errors import UserError
from tui_vae.model.checkpoint import Attribute, Floats
from tui_vae.progress import Progress

# A direction that cannot tell faces of the validation split apart this well does not get a name.
MIN_AUC = 0.80
# Nor does one whose number it cannot tell this well (R^2 there): as hard, for normal numbers split at their median.
MIN_R2 = 0.40
MIN_EXAMPLES = 20
# Attributes whose labels correlate at least this much (phi coefficient) are confounded: the later gives way.
CORRELATED = 0.30
# What is left of a unit direction after projections, at least: less is noise.
LEAST_REST = 0.10

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Directions:
    """Unit ``vectors`` (A, L) in whitened PCA coordinates, their ``attributes`` and the label columns of these.

    ``too_weak`` counts the targets that could not be told apart well enough.
    """

    vectors: Floats
    attributes: tuple[Attribute, ...]
    columns: tuple[str, ...] = ()
    too_weak: int = 0


@dataclass(frozen=True)
class _Candidate:
    target: Target | Quantity
    normal: Floats
    auc: float


def labels_of(table: Table, names: Sequence[str], keys: Sequence[str]) -> tuple[Column, ...]:
    """A file's columns for the items ``names``; where a name says nothing, the item's identity elsewhere does.

    ``keys`` are identities, or file names without folders where none is known: those say nothing that names do not,
    and would take "cats/1.png" for "dogs/1.png".

    Raises:
        UserError: the file knows none of the items.
    """
    identified = [key != name.rsplit("/", 1)[-1] for name, key in zip(names, keys, strict=True)]
    columns = tuple(
        Column(
            by_name.name,
            by_name.kind,
            tuple(
                other if value is None and elsewhere else value
                for value, other, elsewhere in zip(by_name.values, by_key.values, identified, strict=True)
            ),
        )
        for by_name, by_key in zip(match(table, names), match(table, keys), strict=True)
    )
    if not any(value is not None for column in columns for value in column.values):
        raise UserError(f"--attributes: it names items like {table.names[0]!r}, the data has items like {names[0]!r}")
    return columns


def fit(bars: Floats, splits: npt.NDArray[np.str_], targets: Sequence[Target | Quantity]) -> Directions:
    """A direction for each target that can be told apart, best first.

    Class-balanced logistic regression on whitened PCA coordinates ``bars`` (N, L), fitted on the training split. Named
    are those with ``MIN_EXAMPLES`` of either side in each split and an AUC of at least ``MIN_AUC`` on the validation
    split; the AUC that is reported is the test split's.

    A ``Quantity`` gets the direction of a ridge regression (penalty by leave-one-out on the training split), and its
    name from an R^2 of ``MIN_R2`` up on the validation split; reported are the test split's R^2, and its AUC for values
    above the median. R^2 is that of the line that tells the number from the bar, fitted on the training split.

    Correlated attributes are told apart by conditional manipulation (InterFaceGAN, Shen et al. 2020,
    arXiv:1907.10786): in the order of their validation AUC each direction gives up its part along the directions
    before it whose labels correlate with its own by ``CORRELATED`` or more in the training split, as long as its
    validation AUC stays at or above ``MIN_AUC``. So moving along either of such a pair leaves the other's bar where it
    is. Values of one column exclude each other by nature and are left as they are.
    """
    parts = {split: splits == split for split in SPLITS}
    enough = [
        target
        for target in targets
        if all((target.truth[part] == side).sum() >= MIN_EXAMPLES for part in parts.values() for side in (0, 1))
    ]
    candidates: list[_Candidate] = []
    with Progress("labels", len(enough)) as progress:
        for target in enough:
            normal = _regress(bars, target, parts["train"])
            if normal is not None and _tells(bars, normal, target, parts):
                score = _auc(bars, normal, target, parts["validation"])
                candidates.append(_Candidate(target, normal, score))
            progress.advance(1)
    candidates.sort(key=lambda candidate: -candidate.auc)
    kept: list[tuple[_Candidate, Floats, tuple[str, ...]]] = []
    for candidate in candidates:
        before = [(other.target, vector) for other, vector, _ in kept]
        kept.append((candidate, *_conditioned(bars, candidate, before, parts)))
    named = []
    for candidate, vector, removed in kept:
        test = parts["test"] & (candidate.target.truth >= 0)
        figure = round(_auc(bars, vector, candidate.target, test), 4)
        told = round(r2(bars, vector, candidate.target, parts, "test"), 4) if _is_number(candidate.target) else None
        attribute = Attribute(candidate.target.name, figure, int(test.sum()), removed, told)
        named.append((attribute, vector, candidate.target.column))
    named.sort(key=lambda item: -item[0].auc)
    return Directions(
        np.stack([vector for _, vector, _ in named]) if named else np.zeros((0, bars.shape[1]), np.float32),
        tuple(attribute for attribute, _, _ in named),
        tuple(dict.fromkeys(column for _, _, column in named)),
        len(enough) - len(named),
    )


def _is_number(target: Target | Quantity) -> bool:
    return isinstance(target, Quantity)


def _regress(bars: Floats, target: Target | Quantity, training: Mask) -> Floats | None:
    """The unit normal (L,) of the separating plane, or of planes of equal numbers; ``None`` where there is none."""
    from sklearn.linear_model import LogisticRegression, RidgeCV

    rows = training & (target.truth >= 0)
    if isinstance(target, Quantity):
        numbers = target.values[rows]
        ridge = RidgeCV(alphas=np.logspace(-1, 5, 13))
        ridge.fit(bars[rows].astype(np.float64), (numbers - numbers.mean()) / numbers.std())
        weights = ridge.coef_
    else:
        model = LogisticRegression(C=0.01, class_weight="balanced", max_iter=500)
        model.fit(bars[rows], target.truth[rows])
        weights = model.coef_[0]
    length = float(np.linalg.norm(weights))
    return (weights / length).astype(np.float32) if length > 1e-9 else None


def _tells(bars: Floats, vector: Floats, target: Target | Quantity, parts: Mapping[Split, Mask]) -> bool:
    """Whether the direction is worth the target's name, on the validation split."""
    if _is_number(target):
        return r2(bars, vector, target, parts, "validation") >= MIN_R2
    return _auc(bars, vector, target, parts["validation"]) >= MIN_AUC


def r2(bars: Floats, vector: Floats, target: Target | Quantity, parts: Mapping[Split, Mask], split: Split) -> float:
    """Coefficient of determination over the known items of ``split``; below 0 where a mean tells more."""
    training, held = (parts[part] & (target.truth >= 0) for part in ("train", split))
    scores, values = (bars @ vector).astype(np.float64), target.values
    slope, offset = np.polyfit(scores[training], values[training], 1)
    errors = np.square(values[held] - (slope * scores[held] + offset)).sum()
    return float(1 - errors / max(np.square(values[held] - values[held].mean()).sum(), 1e-300))


def _conditioned(
    bars: Floats, candidate: _Candidate, before: Sequence[tuple[Target | Quantity, Floats]], parts: Mapping[Split, Mask]
) -> tuple[Floats, tuple[str, ...]]:
    """The candidate's direction without the directions of correlated targets, strongest correlation first."""
    strengths = [
        (abs(phi(candidate.target, target, parts["train"])), target, vector)
        for target, vector in before
        if target.column != candidate.target.column
    ]
    correlated = sorted((item for item in strengths if item[0] >= CORRELATED), key=lambda item: -item[0])
    vector = candidate.normal
    taken: list[Floats] = []
    removed: list[str] = []
    for _, target, direction in correlated:
        basis = np.linalg.qr(np.stack([*taken, direction], axis=1).astype(np.float64))[0]
        rest = candidate.normal - basis @ (basis.T @ candidate.normal)
        length = float(np.linalg.norm(rest))
        if length < LEAST_REST:
            continue
        trial = (rest / length).astype(np.float32)
        if _tells(bars, trial, candidate.target, parts):
            vector = trial
            taken.append(direction)
            removed.append(target.name)
    return vector, tuple(removed)


def phi(a: Target | Quantity, b: Target | Quantity, rows: Mask) -> float:
    """Correlation (Pearson) of two targets over the ``rows`` where both are known; 0 where these are too few."""
    both = rows & (a.truth >= 0) & (b.truth >= 0)
    first, second = a.values[both], b.values[both]
    if both.sum() < 2 * MIN_EXAMPLES or not first.std() or not second.std():
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _auc(bars: Floats, normal: Floats, target: Target | Quantity, part: Mask) -> float:
    rows = part & (target.truth >= 0)
    return auc(target.truth[rows] > 0, bars[rows] @ normal)
