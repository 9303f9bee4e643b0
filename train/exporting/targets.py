"""Labels as what a direction can answer: yes-or-no questions, and numbers to be told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from train.data.labels import Column

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}", re.ASCII)

Truth = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Target:
    """One question: its ``name``, the ``column`` it comes from, and per item 1 (yes), 0 (no) or -1 (not known)."""

    name: str
    column: str
    truth: Truth

    @property
    def values(self) -> npt.NDArray[np.float64]:
        """The truth as numbers (N,), NaN where it is not known."""
        return np.where(self.truth >= 0, self.truth.astype(np.float64), np.nan)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number to be told: its ``name``, the ``column`` it comes from, and ``values`` (N,), NaN where not known.

    ``truth`` is whether a value is above the training split's median, as for a ``Target``: so that quantities and
    questions can be compared by AUC.
    """

    name: str
    column: str
    values: npt.NDArray[np.float64]
    truth: Truth


def quantities(columns: Iterable[Column], training: npt.NDArray[np.bool_]) -> tuple[Quantity, ...]:
    """The numeric columns that vary in the training split; and of a column of colours (``#rrggbb``) the lightness.

    The lightness is L* of CIE 1976, 0 to 100, of sRGB colours under D65: the one order that colours have by nature.
    """
    found = []
    for column in columns:
        if column.kind == "numeric":
            name = column.name
            numbers = np.array([np.nan if value is None else float(value) for value in column.values])
        elif column.kind == "categorical" and all(v is None or _COLOUR.fullmatch(str(v)) for v in column.values):
            name = f"{column.name} lightness"
            lights = {value: lightness(str(value)) for value in set(column.values) if value is not None}
            numbers = np.array([np.nan if value is None else lights[value] for value in column.values])
        else:
            continue
        known = numbers[training & ~np.isnan(numbers)]
        if len(known) and known.min() < known.max():
            median = np.median(known)
            high = numbers > median if (known > median).any() else numbers >= median
            found.append(Quantity(name, column.name, numbers, _truth(high, ~np.isnan(numbers))))
    return tuple(found)


def lightness(colour: str) -> float:
    """L* of ``#rrggbb`` (CIE 15:2004, equation 8.3; IEC 61966-2-1 for sRGB), 0 to 100."""
    coded = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ (0.2126, 0.7152, 0.0722))
    root = luminance ** (1 / 3) if luminance > (6 / 29) ** 3 else luminance * (29 / 6) ** 2 / 3 + 4 / 29
    return 116 * root - 16


def targets(columns: Iterable[Column], training: npt.NDArray[np.bool_], least: int) -> tuple[Target, ...]:
    """The questions of all columns with at least ``least`` training items on either side.

    Boolean columns ask themselves; a categorical one asks for each of its values against all others ("hair: blond").
    Numeric ones are ``quantities``.
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
        return []
    texts = np.array([str(value) for value in values])
    counts = Counter(texts[known & training].tolist())
    return [
        Target(f"{column.name}: {text}", column.name, _truth(texts == text, known))
        for text in sorted(text for text, count in counts.items() if count >= least)
    ]


def _truth(yes: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_]) -> Truth:
    return np.where(known, yes.astype(np.int8), np.int8(-1))
