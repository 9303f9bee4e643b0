"""Axes of one's own: a direction from faces that have more of something and faces that have less of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tui_vae.latent.axes import Axes, Vector, direction_axes
from tui_vae.latent.names import checked_name
from tui_vae.latent.sums import project

GROUP = "mine"
LEAST_EXAMPLES = 2
MAX_EXAMPLES = 1000


@dataclass(frozen=True)
class OwnAxis:
    """A named direction.

    Attributes:
        name: what its maker calls it.
        vector: (K,) unit vector in whitened PCA coordinates, from less to more.
        more: faces that it was made from which have more of it.
        less: faces that have less.
    """

    name: str
    vector: Vector
    more: int
    less: int


@dataclass(frozen=True)
class Examples:
    """Latents (L,) of the faces that are marked for an axis to come."""

    more: tuple[Vector, ...] = field(default=())
    less: tuple[Vector, ...] = field(default=())

    def with_face(self, z: Vector, *, more: bool) -> Examples:
        """The same with one face marked; a face that was marked already is marked anew.

        Raises:
            ValueError: there are a thousand already.
        """
        rest = self.without(z)
        if len(rest.more) + len(rest.less) >= MAX_EXAMPLES:
            raise ValueError(f"at most {MAX_EXAMPLES} faces can be marked for an axis")
        return Examples((*rest.more, z), rest.less) if more else Examples(rest.more, (*rest.less, z))

    def without(self, z: Vector) -> Examples:
        """The same with one face not marked."""
        more, less = (tuple(other for other in side if not np.array_equal(other, z)) for side in (self.more, self.less))
        return Examples(more, less)


def make_axis(name: str, examples: Examples, pca: Axes) -> OwnAxis:
    """The axis from less to more: the difference of the means in whitened PCA coordinates, as a unit vector.

    Linear discriminant analysis with the atlas's covariance as that of both sides. A covariance of the marked faces
    themselves, a handful in a hundred dimensions, would be mostly noise, and so would a regression on them.

    Raises:
        ValueError: the name will not do, fewer than two faces on a side, or both sides the same on average.
    """
    name = checked_name(name)
    for side, faces in (("more", examples.more), ("less", examples.less)):
        if len(faces) < LEAST_EXAMPLES:
            raise ValueError(f"an axis needs {LEAST_EXAMPLES} faces or more on each side: {side} has {len(faces)}")
    more, less = (_mean(faces) for faces in (examples.more, examples.less))
    difference = project(pca.readout, more - less)
    length = np.sqrt(np.add.reduce(difference.astype(np.float64) ** 2))
    if not length > 1e-3:
        raise ValueError("more and less are the same on average: mark other faces")
    return OwnAxis(name, (difference / length).astype(np.float32), len(examples.more), len(examples.less))


def own_axes(pca: Axes, axes: Sequence[OwnAxis]) -> Axes | None:
    """All axes of one's own as bars; ``None`` where there are none.

    Raises:
        ValueError: a name will not do, or two have the same.
    """
    if not axes:
        return None
    names = [checked_name(axis.name) for axis in axes]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise ValueError(f"there is an axis {name!r} already")
    notes = tuple(f"from {axis.more} with more, {axis.less} with less" for axis in axes)
    return direction_axes(GROUP, pca, tuple(names), np.stack([axis.vector for axis in axes]), notes)


def _mean(faces: Sequence[Vector]) -> Vector:
    mean: Vector = (np.add.reduce(np.stack(faces).astype(np.float64), axis=0) / len(faces)).astype(np.float32)
    return mean
