"""The latent space of one model as an explorer sees it: its atlas, its axes, and draws from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tui_vae.latent.axes import Axes, Vector
from tui_vae.latent.draws import Seed, Source, normal
from tui_vae.latent.labels import Clusters, Column
from tui_vae.latent.sums import combine


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
        self, seed: Seed, spread: float = 1.0, source: Source = "posterior", truncation: float | None = None
    ) -> Vector:
        """One draw (L,), the same bits for the same arguments on every machine.

        Args:
            seed: Names the draw.
            spread: Scales the draw: 0 is the middle of the source, 1 is as varied as it.
            source: "posterior" is the aggregate posterior, taken as Gaussian in PCA coordinates around the average
                face. "prior" is N(0, I): at a sharp likelihood it is wider than the space that the encoder fills, and
                its draws are often no faces.
            truncation: Coordinates further out than this many sigma (before ``spread``) are drawn again: PCA
                coordinates for the posterior, the latent's own dimensions for the prior.

        Raises:
            ValueError: a truncation below 0.1.
        """
        if source == "prior":
            return np.float32(spread) * normal(seed, len(self.mean), truncation)
        numbers = normal(seed, len(self.pca), truncation)
        return (self.mean + np.float32(spread) * combine(numbers, self.pca.directions)).astype(np.float32)

    def vary(self, z: Vector, seed: int, size: float) -> Vector:
        """A small random step from ``z`` (L,), of ``size`` sigma in every PCA coordinate; same seed, same bits."""
        numbers = normal((seed, 1), len(self.pca))  # not the seed alone: a step must not lead to the draw of that seed
        return (z + np.float32(size) * combine(numbers, self.pca.directions)).astype(np.float32)
