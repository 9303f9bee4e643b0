"""Labels as yes-or-no questions, which is what a direction or a small classifier can answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from train.data.labels import Column

Truth = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Target:
    """One question: its ``name``, the ``column`` it comes from, and per item 1 (yes), 0 (no) or -1 (not known)."""

    name: str
    column: str
    truth: Truth


def targets(columns: Iterable[Column], training: npt.NDArray[np.bool_], least: int) -> tuple[Target, ...]:
    """The questions of all columns with at least ``least`` training items on either side.

    Boolean columns ask themselves; a numeric one asks whether the value is above the median of the training split
    ("yaw: high"); a categorical one asks for each of its values against all others ("hair: blond").
    """
    return tuple(
        target
        for column in columns
        for target in _questions(column, training, least)
        if all((target.truth[training] == side).sum() >= least for side in (0, 1))
    )


def _questions(column: Column, training: npt.NDArray[np.bool_], least: int) -> list[Target]:
    values = column.values
    known = np.array([value is not None for value in values], np.bool_)
    if column.kind == "boolean":
        return [Target(column.name, column.name, _truth(np.array([value is True for value in values]), known))]
    if column.kind == "numeric":
        numbers = np.array([np.nan if value is None else float(value) for value in values])
        if not (known & training).any():
            return []
        high = numbers > np.median(numbers[known & training])
        return [Target(f"{column.name}: high", column.name, _truth(high, known))]
    texts = np.array([str(value) for value in values])
    counts = Counter(texts[known & training].tolist())
    return [
        Target(f"{column.name}: {text}", column.name, _truth(texts == text, known))
        for text in sorted(text for text, count in counts.items() if count >= least)
    ]


def _truth(yes: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_]) -> Truth:
    return np.where(known, yes.astype(np.int8), np.int8(-1))
