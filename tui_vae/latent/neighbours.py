"""Which atlas items are near a point, and which belong with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tui_vae.latent.axes import Vector
from tui_vae.latent.space import LatentSpace


@dataclass(frozen=True)
class Neighbour:
    """An atlas item by ``index``, and its ``distance`` in latent space."""

    index: int
    distance: float


class Neighbourhood:
    """Distances from any point to all N items of an atlas.

    They are Euclidean in latent space, where a unit is the width of the prior along every dimension. What moves the
    picture much is spread widely there, so that near latents look alike: of the bundled faces the eight nearest
    differ from a face by 44 grey levels (root mean square over 40 faces), by 56 where every principal component
    counts the same (the Mahalanobis distance), by 81 where they are drawn at random.
    A query is one product of (N, L) and (L,).
    """

    def __init__(self, space: LatentSpace) -> None:
        self._space = space
        self._items = space.atlas.latents
        self._lengths = np.einsum("nk,nk->n", self._items, self._items)

    def distances(self, z: Vector) -> Vector:
        """Distance (N,) of every item from a latent vector (L,); near ones to about 1e-3."""
        here = z.astype(np.float32, copy=False)
        squares = self._lengths - 2 * (self._items @ here) + here @ here
        away: Vector = np.sqrt(np.maximum(squares, 0))
        return away

    def nearest(self, z: Vector, count: int, exclude: int | None = None) -> tuple[Neighbour, ...]:
        """The ``count`` nearest items (fewer in a smaller atlas), nearest first, without the item ``exclude``."""
        here, total = z.astype(np.float32, copy=False), len(self._items)
        count = min(count, total - (exclude is not None))
        if count < 1:
            return ()
        squares = self._lengths - 2 * (self._items @ here)
        if exclude is not None:
            squares[exclude] = np.inf
        # The expanded square rounds: a few more candidates than asked for, put in order by their exact distances.
        wanted = min(count + 8, total - (exclude is not None))
        near = np.argpartition(squares, wanted - 1)[:wanted]
        exact = np.linalg.norm(self._items[near] - here, axis=1)
        order = np.lexsort((near, exact))[:count]
        return tuple(Neighbour(int(near[place]), float(exact[place])) for place in order)

    def cluster(self, z: Vector) -> int | None:
        """The cluster of a point: the one whose centroid is nearest, in latent space, where k-means was run.

        ``None`` where the atlas has no clusters.
        """
        clusters = self._space.clusters
        if clusters is None:
            return None
        return int(np.linalg.norm(clusters.centroids - z, axis=1).argmin())

    def members(self, cluster: int) -> npt.NDArray[np.intp]:
        """The items of a cluster, those nearest to its centroid first; none where the atlas has no clusters."""
        clusters = self._space.clusters
        if clusters is None:
            return np.zeros(0, np.intp)
        items = np.flatnonzero(clusters.of == cluster)
        away = np.linalg.norm(self._space.atlas.latents[items] - clusters.centroids[cluster], axis=1)
        return items[np.argsort(away, kind="stable")]
