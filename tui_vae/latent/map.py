"""The atlas as a map: its first two principal components, in sigma."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tui_vae.latent.axes import Vector
from tui_vae.latent.point import Point, made_point
from tui_vae.latent.space import LatentSpace

Cells = npt.NDArray[np.int32]

EXTENT = 3.5


def positions(space: LatentSpace) -> Vector:
    """(x, y) of every atlas item, (N, 2) in sigma: x is the first principal component, y the second (0 without one)."""
    found = np.zeros((len(space.atlas), 2), np.float32)
    dimensions = min(2, len(space.pca))
    found[:, :dimensions] = (space.atlas.latents - space.pca.mean) @ space.pca.readout[:dimensions].T
    return found


def position(space: LatentSpace, z: Vector) -> tuple[float, float]:
    """(x, y) of a latent vector (L,) in sigma."""
    bars = [float(bar) for bar in space.pca.values(z)[:2]]
    return bars[0], bars[1] if len(bars) > 1 else 0.0


def moved(space: LatentSpace, z: Vector, dx: float, dy: float) -> Vector:
    """A step on the map in sigma: moves the first two principal components, and nothing else of the face."""
    z = space.pca.move(z, 0, dx) if dx else z.copy()
    return space.pca.move(z, 1, dy) if dy and len(space.pca) > 1 else z


def walked(space: LatentSpace, point: Point, dx: float, dy: float) -> Point:
    """The same step from a point, whose recipe goes with it; rounded to a millionth of a sigma as moves of bars are."""
    recipe = point.made
    for bar, by in ((0, dx), (1, dy)):
        if by and bar < len(space.pca):
            recipe = recipe.moved(space.pca.name, bar, by)
    origin = point.origin.removesuffix(" edited").removesuffix(" varied")
    return made_point(recipe, space, f"{origin} edited")


@dataclass(frozen=True)
class Map:
    """A histogram of the atlas over rows x columns cells; row 0 is the top, where y is largest.

    It reaches from -extent to +extent sigma both ways. ``counts`` (rows, columns) holds items per cell; those outside
    are ``outside`` in number and in no cell. ``cluster`` (rows, columns) is that of most items of the cell, the
    lower one at a draw, -1 in empty cells and where the atlas has no clusters.
    """

    counts: Cells
    cluster: Cells
    extent: float
    outside: int

    def levels(self, count: int) -> Cells:
        """Densities (rows, columns) as 0..count-1: 0 only for empty cells, logarithmic from 1 item to the fullest cell.

        Raises:
            ValueError: fewer than two levels.
        """
        if count < 2:
            raise ValueError(f"a density has at least 2 levels, not {count}")
        most = max(int(self.counts.max(initial=0)), 2)
        share = np.log(np.maximum(self.counts, 1)) / np.log(most)
        levels: Cells = np.where(self.counts > 0, 1 + np.rint(share * (count - 2)), 0).astype(np.int32)
        return levels

    def cell(self, x: float, y: float) -> tuple[int, int]:
        """(row, column) of a position in sigma; the nearest cell where it lies outside."""
        rows, columns = self.counts.shape
        column = int(min(max((x + self.extent) / (2 * self.extent), 0.0) * columns, columns - 1))
        row = int(min(max((self.extent - y) / (2 * self.extent), 0.0) * rows, rows - 1))
        return row, column

    def centre(self, row: int, column: int) -> tuple[float, float]:
        """(x, y) in sigma of the middle of a cell."""
        rows, columns = self.counts.shape
        size = 2 * self.extent
        return (column + 0.5) / columns * size - self.extent, self.extent - (row + 0.5) / rows * size


def draw(space: LatentSpace, rows: int, columns: int, extent: float = EXTENT) -> Map:
    """The map of an atlas at any resolution; ``extent`` in sigma.

    Raises:
        ValueError: no rows or columns, or no extent.
    """
    if rows < 1 or columns < 1 or not 0 < extent < np.inf:
        raise ValueError(f"a map of {rows} x {columns} cells over {extent} sigma has no room")
    x, y = positions(space).T
    inside = (np.abs(x) <= extent) & (np.abs(y) <= extent)
    column = np.minimum((x[inside] + extent) / (2 * extent) * columns, columns - 1).astype(np.int64)
    row = np.minimum((extent - y[inside]) / (2 * extent) * rows, rows - 1).astype(np.int64)
    cell = row * columns + column
    counts = np.bincount(cell, minlength=rows * columns).astype(np.int32)
    cluster = np.full(rows * columns, -1, np.int32)
    if space.clusters is not None:
        # Votes of (cell, cluster) pairs: in order of votes, then of lower clusters last, the last one written stays.
        kinds = len(space.clusters)
        pairs, votes = np.unique(cell * kinds + space.clusters.of[inside], return_counts=True)
        order = np.lexsort((-(pairs % kinds), votes))
        cluster[pairs[order] // kinds] = pairs[order] % kinds
    shape = (rows, columns)
    return Map(counts.reshape(shape), cluster.reshape(shape), extent, int((~inside).sum()))
