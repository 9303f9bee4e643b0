"""The latent space of one model as an explorer sees it: its atlas, its axes, and draws from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tui_vae.latent.axes import Axes, Vector
from tui_vae.latent.draws import USUAL, Seed, Source, held, normal
from tui_vae.latent.labels import Clusters, Column
from tui_vae.latent.sums import combine, project

KERNEL = 0.5
"""How wide the Gaussian around an item is, of the whole atlas; the item's part is what 1 leaves of its square."""


@dataclass(frozen=True)
class Atlas:
    """The encoded dataset: ``latents`` (N, L) in a fixed order, and one name per item."""

    latents: Vector
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Vector:
        """A copy of one item's latent vector: editing it must not edit the atlas."""
        item: Vector = self.latents[index].copy()
        return item


@dataclass(frozen=True)
class LatentSpace:
    """Atlas and axes. The first of ``axes`` is PCA; there is always one at least.

    ``labels`` are columns of one value per atlas item, empty where nothing is known of them; ``clusters`` is ``None``
    where the atlas has none.
    """

    atlas: Atlas
    axes: tuple[Axes, ...]
    labels: tuple[Column, ...] = ()
    clusters: Clusters | None = None

    @property
    def pca(self) -> Axes:
        """The principal components."""
        return self.axes[0]

    @cached_property
    def mean(self) -> Vector:
        """The atlas mean (L,): the average face."""
        return self.pca.mean.copy()

    @cached_property
    def coordinates(self) -> Vector:
        """The atlas (N, L) in whitened PCA coordinates: every bar of every item, in sigma."""
        bars = (self.atlas.latents - self.pca.mean) @ self.pca.readout.T
        return bars.astype(np.float32, copy=False)

    def invert(self, z: Vector) -> Vector:
        """Reflect through the mean: every PCA bar changes its sign."""
        return (2 * self.mean - z).astype(np.float32)

    def sample(
        self, seed: Seed, spread: float = 1.0, source: Source = USUAL, truncation: float | None = None
    ) -> Vector:
        """One draw (L,), the same bits for the same arguments on every machine.

        Args:
            seed: Names the draw.
            spread: Scales the draw: 0 is the middle of the source, 1 is as varied as it.
            source: "atlas" and "posterior" are the aggregate posterior. "atlas" takes it as a Gaussian near each item
                of the atlas, all of them together about as wide as the atlas (kernels with shrinkage, West 1993, J. R.
                Stat. Soc. B 55:409): what goes together in the dataset mostly stays together. "posterior"
                takes it as one Gaussian around the average face. "prior" is N(0, I): at a sharp likelihood it is wider
                than the space that the encoder fills, and its draws are often no faces.
            truncation: Coordinates further out than this many sigma (before ``spread``) are drawn again: PCA
                coordinates for the posterior, the latent's own dimensions for the prior. Those of "atlas", which
                belong together, are brought back to it instead, and stay wider: at 1 sigma 0.71 instead of 0.54.

        Raises:
            ValueError: a truncation below 0.1.
        """
        if source == "prior":
            return np.float32(spread) * normal(seed, len(self.mean), truncation)
        if source == "atlas" and self._differs:
            return self.mean + np.float32(spread) * self._around_an_item(seed, truncation)
        numbers = normal(seed, len(self.pca), truncation)
        return (self.mean + np.float32(spread) * combine(numbers, self.pca.directions)).astype(np.float32)

    @cached_property
    def _differs(self) -> bool:
        """Whether there is an atlas to draw from: items that are not all the same."""
        return bool((self.atlas.latents[1:] != self.atlas.latents[:1]).any())

    def _around_an_item(self, seed: Seed, truncation: float | None) -> Vector:
        """A draw of the atlas, as the way to it from the mean (L,)."""
        rng = np.random.default_rng(seed)
        item = self.atlas[int(rng.integers(len(self.atlas)))] - self.mean
        noise = combine(normal(rng, len(self.pca)), self.pca.directions)
        way: Vector = np.float32(math.sqrt(1 - KERNEL**2)) * item + np.float32(KERNEL) * noise
        if truncation is not None:
            way = combine(held(project(self.pca.readout, way), truncation), self.pca.directions)
        return way

    def vary(self, z: Vector, seed: int, size: float) -> Vector:
        """A small random step from ``z`` (L,), of ``size`` sigma in every PCA coordinate; same seed, same bits."""
        numbers = normal((seed, 1), len(self.pca))  # not the seed alone: a step must not lead to the draw of that seed
        return (z + np.float32(size) * combine(numbers, self.pca.directions)).astype(np.float32)
