"""Labels as factors of variation: one column of small codes per label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from train.data.labels import Column
from train.evaluation.disentanglement.dimensions import Codes
from tui_vae.errors import UserError

QUANTILES = 5
# A value that fewer items have is left out: half of them fit, half of them score.
LEAST_ITEMS = 10


@dataclass(frozen=True)
class Factors:
    """``names`` of F factors and their ``codes`` (N, F) int32 from 0 up, -1 where a value is unknown or too rare.

    ``left_out`` names the labels that are no factors here: fewer than two of their values have ten items.
    """

    names: tuple[str, ...]
    codes: Codes
    left_out: tuple[str, ...] = ()

    def counts(self) -> tuple[int, ...]:
        """Items (F,) whose value is known."""
        return tuple((self.codes >= 0).sum(axis=0).tolist())

    def values(self) -> tuple[int, ...]:
        """Different values (F,)."""
        return tuple(len(np.unique(column[column >= 0])) for column in self.codes.T)


def of_labels(columns: Sequence[Column], rows: npt.NDArray[np.int64], names: Sequence[str] = ()) -> Factors:
    """Factors of the items ``rows``, of all labels or of those called ``names``.

    Boolean: no, yes. Categorical: one code per value. Numeric: five bins with equally many of these items, as far as
    equal numbers allow, or one code per number where there are five at most. An empty cell is unknown, not a value.

    Raises:
        UserError: a name that is no label, or no label that varies.
    """
    known = {column.name: column for column in columns}
    for name in names:
        if name not in known:
            raise UserError(f"--factors {name}: no such label; there are {', '.join(known) or 'none'}")
    made = {name: _codes(known[name], rows) for name in names or known}
    kept = [name for name, codes in made.items() if codes.max(initial=-1) > 0]
    if not kept:
        raise UserError(
            f"no label has two values with {LEAST_ITEMS} of the {len(rows):,} images each; "
            "prepare the data with --attributes FILE, or take a larger --split"
        )
    stacked = np.stack([made[name] for name in kept], axis=1)
    return Factors(tuple(kept), stacked, tuple(name for name in made if name not in kept))


def _codes(column: Column, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    values = [column.values[row] for row in rows]
    if column.kind == "numeric":
        numbers = np.array([np.nan if value is None else float(value) for value in values], np.float64)
        return _binned(numbers)
    counts = Counter(value for value in values if value is not None)
    frequent = sorted((value for value, count in counts.items() if count >= LEAST_ITEMS), key=str)
    codes = {value: code for code, value in enumerate(frequent)}
    return np.array([-1 if value is None else codes.get(value, -1) for value in values], np.int32)


def _binned(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    """Codes (N,) of numbers (N,), NaN being unknown; bins with too few items become unknown too."""
    known = ~np.isnan(numbers)
    codes = np.full(len(numbers), -1, np.int32)
    if not known.any():
        return codes
    found = np.unique(numbers[known])
    if len(found) > QUANTILES:
        edges = np.unique(np.quantile(numbers[known], np.arange(1, QUANTILES) / QUANTILES))
        codes[known] = np.searchsorted(edges, numbers[known], side="right")
    else:
        codes[known] = np.searchsorted(found, numbers[known])
    places, counts = np.unique(codes[known], return_counts=True)
    frequent = places[counts >= LEAST_ITEMS]
    return np.where(np.isin(codes, frequent), np.searchsorted(frequent, codes), -1).astype(np.int32)
