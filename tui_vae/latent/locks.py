"""Bars that stay: moves and draws that leave the bars of any axes where they are.

All of it happens in whitened PCA coordinates y, where a bar of any axes is a linear readout ``row @ y`` and the atlas
is equally wide in every direction. A point may move in the null space of the locked rows only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tui_vae.latent.axes import Axes, Vector
from tui_vae.latent.sums import combine, project

Exact = npt.NDArray[np.float64]

MAX_DETOUR = 10.0
"""A bar that could move only by a step so many times as long as without locks is taken to be held by them."""

_DEPENDENT = 1e-9


@dataclass(frozen=True)
class Locks:
    """What locked bars leave free.

    Attributes:
        pca: the principal components.
        bars: the locked ones: axes and index.
    """

    pca: Axes
    bars: tuple[tuple[Axes, int], ...]

    @cached_property
    def _to_latent(self) -> Exact:
        return self.pca.directions.astype(np.float64)

    @cached_property
    def _to_whitened(self) -> Exact:
        return self.pca.readout.astype(np.float64)

    @cached_property
    def basis(self) -> Exact:
        """Orthonormal rows (M, K) that span what is locked, in whitened coordinates."""
        return _orthonormal([self._row(axes, bar) for axes, bar in self.bars], len(self.pca))

    def step(self, axes: Axes, bar: int) -> Exact | None:
        """The change of z (L,) that moves one bar by one sigma and no locked bar; ``None`` where locks hold the bar.

        Of all such steps it is the one nearest to the bar's own direction, in whitened coordinates.
        """
        row = self._row(axes, bar)
        along = project(self._to_whitened, axes.directions[bar].astype(np.float64))
        free_row, free_step = self._free(row), self._free(along)
        room = _square(free_row)
        if room <= _DEPENDENT * _square(row):
            return None
        lacking = 1 - float(np.add.reduce(row * free_step))
        free_step = free_step + (lacking / room) * free_row
        if _square(free_step) > MAX_DETOUR**2 * _square(along):
            return None
        return combine(free_step, self._to_latent)

    def keep(self, new: Vector, now: Vector) -> Vector:
        """``new`` (L,) with the locked bars as they are at ``now`` (L,), changed as little as can be.

        For a draw of one Gaussian this is a draw under the condition that the locked bars have these values; for one of
        the atlas nearly so.
        """
        change = project(self._to_whitened, new.astype(np.float64) - now)
        return (new - combine(change - self._free(change), self._to_latent)).astype(np.float32)

    def _row(self, axes: Axes, bar: int) -> Exact:
        return project(self._to_latent, axes.readout[bar].astype(np.float64))

    def _free(self, vector: Exact) -> Exact:
        """A whitened vector (K,) without its part that is locked."""
        if not len(self.basis):
            return vector
        for _ in range(2):  # once more for the rounding of the first
            vector = vector - combine(project(self.basis, vector), self.basis)
        return vector


def _square(vector: Exact) -> float:
    return float(np.add.reduce(vector * vector))


def _orthonormal(rows: Sequence[Exact], size: int) -> Exact:
    """Gram-Schmidt, done twice over for its rounding; rows that depend on those before them are left out."""
    basis = np.zeros((0, size))
    for row in rows:
        rest = row
        for _ in range(2):
            if len(basis):
                rest = rest - combine(project(basis, rest), basis)
        if _square(rest) > _DEPENDENT * _square(row):
            basis = np.concatenate([basis, rest[None] / np.sqrt(_square(rest))])
    return basis
