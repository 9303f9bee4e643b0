"""The latent space of one model as an explorer sees it: its atlas, its axes, and draws from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tui_vae.latent.axes import Axes, Vector
from tui_vae.latent.labels import Clusters, Column


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

    def sample(self, seed: int | tuple[int, ...], spread: float = 1.0) -> Vector:
        """One draw from the aggregate posterior, taken as Gaussian in PCA coordinates.

        ``spread`` scales the draw: 0 is the average face, 1 is as varied as the atlas. The prior N(0, I) is not used:
        at a sharp likelihood it is wider than the space that the encoder fills, and its draws are not faces.
        """
        bars = np.random.default_rng(seed).standard_normal(len(self.pca)).astype(np.float32)
        return (self.mean + np.float32(spread) * (bars @ self.pca.directions)).astype(np.float32)
