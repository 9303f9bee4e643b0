"""What is known of the atlas's items beside their latents, as arrays that can be compared at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tui_vae.latent.axes import Vector

Kind = Literal["boolean", "numeric", "categorical"]
Value = bool | float | str | None


@dataclass(frozen=True)
class Column:
    """One label of N items: ``values`` (N,) float64, NaN where it is not known.

    A boolean is 0 or 1; a category is its place in ``categories``, which is empty for the other kinds.
    """

    name: str
    kind: Kind
    values: npt.NDArray[np.float64]
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Clusters:
    """``of`` (N,) int32 is each item's row of ``centroids`` (C, L), which are points in latent space."""

    of: npt.NDArray[np.int32]
    centroids: Vector

    def __len__(self) -> int:
        return len(self.centroids)


def column(name: str, values: Sequence[Value], kind: Kind | None = None) -> Column:
    """A column of bools, numbers or texts, ``None`` or NaN where not known; of the values' own kind unless told.

    Raises:
        ValueError: values of several kinds, or an infinite number.
    """
    known = [value for value in values if value is not None and value == value]
    kind = kind or _kind(name, known)
    if kind == "categorical":
        categories = tuple(sorted({str(value) for value in known}))
        places = {category: float(place) for place, category in enumerate(categories)}
        numbers = [math.nan if value is None or value != value else places[str(value)] for value in values]
        return Column(name, kind, np.array(numbers, np.float64), categories)
    read = np.array([math.nan if value is None else float(value) for value in values], np.float64)
    if np.isinf(read).any():
        raise ValueError(f"label {name!r} holds an infinite number")
    return Column(name, kind, read)


def _kind(name: str, known: Sequence[Value]) -> Kind:
    if all(isinstance(value, bool | np.bool_) for value in known):
        return "boolean"
    if all(isinstance(value, int | float | np.number) and not isinstance(value, bool) for value in known):
        return "numeric"
    if all(isinstance(value, str) for value in known):
        return "categorical"
    raise ValueError(f"label {name!r} mixes values of several kinds")
