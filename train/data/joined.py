"""Images of several sets as one, read where they lie: no set is copied into memory for being one of many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.uint8]


class ImageRows(Protocol):
    """uint8 images (N, H, W, C), in memory or on disk, of which some rows are asked for at a time."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, H, W, C)."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any, /) -> Any:
        """One image for a number, images for row numbers (K,) or a slice."""
        ...


class Joined:
    """Arrays (N, H, W, C) of one image shape, end to end; rows are read from the part that holds them."""

    def __init__(self, parts: Sequence[Images]) -> None:
        self._parts = tuple(parts)
        self._starts = np.cumsum([0, *(len(part) for part in parts)])

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, H, W, C) over all parts."""
        return (len(self), *self._parts[0].shape[1:])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, rows: Any, /) -> Any:
        if isinstance(rows, int | np.integer):
            return self[np.array([rows])][0]
        if isinstance(rows, slice):
            return self[np.arange(*rows.indices(len(self)))]
        wanted = np.asarray(rows)
        wanted = np.flatnonzero(wanted) if wanted.dtype == np.bool_ else wanted
        wanted = np.where(wanted < 0, wanted + len(self), wanted)
        if len(wanted) and not (wanted.min() >= 0 and wanted.max() < len(self)):
            raise IndexError(f"rows must be below {len(self)}")
        images = np.empty((len(wanted), *self.shape[1:]), np.uint8)
        owner = np.searchsorted(self._starts, wanted, side="right") - 1
        for number in np.unique(owner):
            mine = owner == number
            images[mine] = self._parts[number][wanted[mine] - self._starts[number]]
        return images
