"""Which atlas items are near a point, and which belong with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tui_vae.latent.axes import Vector
from tui_vae.latent.space import LatentSpace


@dataclass(frozen=True)
class Neighbour:
    """An atlas item by ``index``, and how many sigma it is away."""

    index: int
    distance: float


class Neighbourhood:
    """Distances from any point to all N items of an atlas.

    They are Euclidean in whitened PCA coordinates, that is in sigma, so that every component counts alike: in latent
    space itself a few components of great variance (pose, background) would decide alone. Dimmed components stay out:
    whitening would blow up what moves the picture hardly at all. The first query takes a
    product of (N, L) and (L, L), every other one of (N, L) and (L,).
    """

    def __init__(self, space: LatentSpace) -> None:
        self._space = space
        self._kept = ~space.pca.dimmed if not space.pca.dimmed.all() else np.ones(len(space.pca), np.bool_)

    @cached_property
    def _items(self) -> Vector:
        bars = self._space.coordinates
        return bars if self._kept.all() else np.ascontiguousarray(bars[:, self._kept])

    @cached_property
    def _lengths(self) -> Vector:
        lengths: Vector = np.einsum("nk,nk->n", self._items, self._items)
        return lengths

    def distances(self, z: Vector) -> Vector:
        """Distance in sigma (N,) of every item from a latent vector (L,); near ones to about 1e-3."""
        here = self._here(z)
        squares = self._lengths - 2 * (self._items @ here) + here @ here
        away: Vector = np.sqrt(np.maximum(squares, 0))
        return away

    def nearest(self, z: Vector, count: int, exclude: int | None = None) -> tuple[Neighbour, ...]:
        """The ``count`` nearest items (fewer in a smaller atlas), nearest first, without the item ``exclude``."""
        here, total = self._here(z), len(self._items)
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

    def _here(self, z: Vector) -> Vector:
        here = self._space.pca.values(z)[self._kept]
        return here.astype(np.float32, copy=False)
