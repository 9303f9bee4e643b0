"""Attribute directions: what moves a face towards a label, and how well it tells held-out faces apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from train.data.split import SPLITS
from tui_vae.errors import UserError
from tui_vae.model.checkpoint import Attribute, Floats

# A direction that cannot tell faces of the validation split apart this well does not get a name.
MIN_AUC = 0.80
MIN_EXAMPLES = 20


def read_celeba(path: Path) -> tuple[list[str], dict[str, npt.NDArray[np.int8]]]:
    """Read ``list_attr_celeba.txt``: attribute names, and per file name an int8 row of 1 and -1.

    Raises:
        UserError: the file is not of that form.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UserError(f"{path}: cannot read attributes: {error.strerror}") from error
    if len(lines) < 3:
        raise UserError(f"{path}: expected a count, a line of names, and a line of 1 and -1 per image")
    names = lines[1].split()
    rows = {}
    for number, line in enumerate(lines[2:], start=3):
        if not line.strip():
            continue
        name, *values = line.split()
        if len(values) != len(names) or not set(values) <= {"1", "-1"}:
            raise UserError(f"{path}:{number}: expected a file name and {len(names)} values of 1 or -1")
        rows[name] = np.array(values, np.int8)
    return names, rows


def fit(
    bars: Floats,
    keys: list[str],
    splits: npt.NDArray[np.str_],
    names: list[str],
    labels: dict[str, npt.NDArray[np.int8]],
) -> tuple[Floats, tuple[Attribute, ...]]:
    """Class-balanced logistic regression of each attribute on whitened PCA coordinates ``bars`` (N, L).

    Fitted on the training split, chosen on the validation split, measured on the test split. Returns unit vectors
    (A, L), best first, and their attributes: those with a validation AUC of at least ``MIN_AUC`` and ``MIN_EXAMPLES``
    of either class in each split. The AUC that is reported is the test split's.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    rows = np.array([row for row, key in enumerate(keys) if key in labels], np.int64)
    if not len(rows):
        return np.zeros((0, bars.shape[1]), np.float32), ()
    values = np.stack([labels[keys[row]] for row in rows])
    splits = splits[rows]
    parts = {split: splits == split for split in SPLITS}
    found: list[tuple[Attribute, Floats]] = []
    for column, name in enumerate(names):
        truth = values[:, column] > 0
        counts = [int((truth[part] == side).sum()) for part in parts.values() for side in (True, False)]
        if min(counts) < MIN_EXAMPLES:
            continue
        model = LogisticRegression(C=0.01, class_weight="balanced", max_iter=500)
        model.fit(bars[rows[parts["train"]]], truth[parts["train"]])
        normal = (model.coef_[0] / np.linalg.norm(model.coef_[0])).astype(np.float32)
        scores = bars[rows] @ normal
        auc = {split: float(roc_auc_score(truth[part], scores[part])) for split, part in parts.items()}
        if auc["validation"] >= MIN_AUC:
            found.append((Attribute(name, round(auc["test"], 4), int(parts["test"].sum())), normal))
    found.sort(key=lambda item: -item[0].auc)
    if not found:
        return np.zeros((0, bars.shape[1]), np.float32), ()
    return np.stack([normal for _, normal in found]), tuple(attribute for attribute, _ in found)
