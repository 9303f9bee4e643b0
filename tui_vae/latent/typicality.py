"""How usual a point is: under the prior, and among the points that the encoder makes of real faces."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from tui_vae.latent.axes import Vector
from tui_vae.latent.space import LatentSpace
from tui_vae.latent.sums import project

Word = Literal["typical", "unusual", "far out"]

UNUSUAL, FAR_OUT = 95.0, 99.9
"""Percentiles among the atlas's distances from which a point is called so."""

_CHUNK = 4096
_SAME = 1 - 1e-6  # a face of the atlas is not further out than itself, whatever the last bits say


@dataclass(frozen=True)
class Typicality:
    """Where a point stands.

    Attributes:
        norm: |z|, in the latent's own units.
        prior: percentile of |z| under the prior N(0, I): the share, 0 to 100, of its draws that are nearer to zero.
            Posterior means are close to 0 wherever the posterior is wide: they leave out its own variance.
        distance: Mahalanobis distance from the atlas mean, in sigma of the PCA coordinates.
        atlas: the share, 0 to 100, of the atlas that is nearer to its mean.
        word: "typical", "unusual" from the 95th percentile of the atlas, "far out" from 99.9.
    """

    norm: float
    prior: float
    distance: float
    atlas: float
    word: Word


class TypicalityGauge:
    """Tells how usual points are.

    The atlas's own distances are worked out when they are first asked for, which takes a tenth of a second for twenty
    thousand faces: ``prepare`` does it, in another thread if need be. After that ``of`` takes well below a millisecond.
    """

    def __init__(self, space: LatentSpace) -> None:
        self._space = space

    @cached_property
    def distances(self) -> Vector:
        """The Mahalanobis distances (N,) of the atlas from its mean, sorted."""
        pca, latents = self._space.pca, self._space.atlas.latents
        lengths = [
            np.linalg.norm((latents[start : start + _CHUNK] - pca.mean) @ pca.readout.T, axis=1)
            for start in range(0, len(latents), _CHUNK)
        ]
        return np.sort(np.concatenate(lengths)).astype(np.float32)

    @property
    def is_ready(self) -> bool:
        """Whether ``of`` answers at once."""
        return "distances" in self.__dict__

    def prepare(self) -> None:
        """Work out the atlas's distances."""
        _ = self.distances

    def of(self, z: Vector) -> Typicality:
        """How usual a point (L,) is."""
        distance = _length(project(self._space.pca.readout, z - self._space.pca.mean))
        norm = _length(z)
        nearer = int(np.searchsorted(self.distances, distance * _SAME, side="left"))
        atlas = 100.0 * nearer / len(self.distances)
        word: Word = "typical" if atlas < UNUSUAL else "unusual" if atlas < FAR_OUT else "far out"
        return Typicality(norm, 100.0 * chi_cdf(norm, len(z)), distance, atlas, word)


def chi_cdf(length: float, dimensions: int) -> float:
    """The probability that a standard normal vector of so many dimensions is no longer than ``length``.

    The regularised lower incomplete gamma function P(dimensions / 2, length ** 2 / 2): its series below the mode, the
    continued fraction of its complement above (Numerical Recipes, 6.2). Good to 1e-10 up to thousands of dimensions.
    """
    a, x = dimensions / 2, length * length / 2
    if x <= 0:
        return 0.0
    if math.isinf(x):
        return 1.0
    front = a * math.log(x) - x - math.lgamma(a)
    if front < -700:  # so far out that e to it is zero
        return 0.0 if x < a else 1.0
    return math.exp(front) * _series(a, x) if x < a + 1 else 1.0 - math.exp(front) * _fraction(a, x)


def _series(a: float, x: float) -> float:
    term = total = 1 / a
    n = a
    while term > total * 1e-16:
        n += 1
        term *= x / n
        total += term
    return total


def _fraction(a: float, x: float) -> float:
    """Lentz's method."""
    tiny = 1e-300
    b = x + 1 - a
    c, d = 1 / tiny, 1 / b
    result = d
    for step in range(1, 10_000):
        factor = -step * (step - a)
        b += 2
        d = 1 / _nonzero(factor * d + b, tiny)
        c = _nonzero(b + factor / c, tiny)
        result *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return result


def _nonzero(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny


def _length(vector: npt.NDArray[np.float32]) -> float:
    return math.sqrt(float(np.add.reduce(vector.astype(np.float64) ** 2)))
