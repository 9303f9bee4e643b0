"""A latent space with labels of every kind and clusters, without a checkpoint."""

from __future__ import annotations

import numpy as np

from tui_vae.latent.axes import attribute_axes, pca_axes, raw_axes
from tui_vae.latent.labels import Clusters, column
from tui_vae.latent.space import Atlas, LatentSpace

ITEMS, LATENT, CLUSTERS = 60, 6, 3


def make_space(*, labels: bool = True, clusters: bool = True, items: int = ITEMS) -> LatentSpace:
    """Items in three heaps; the second attribute axis has no label of its own."""
    rng = np.random.default_rng(5)
    of = np.arange(items, dtype=np.int32) % CLUSTERS
    centroids = (3 * rng.standard_normal((CLUSTERS, LATENT))).astype(np.float32)
    latents = (centroids[of] + rng.standard_normal((items, LATENT))).astype(np.float32)
    mean = latents.mean(axis=0)
    _, spread, vectors = np.linalg.svd(latents - mean, full_matrices=False)
    pca = pca_axes(mean, vectors.astype(np.float32), (spread / np.sqrt(items - 1)).astype(np.float32))
    raw = raw_axes(mean, latents.std(axis=0), np.linspace(2, 0.1, LATENT).astype(np.float32))
    attributes = attribute_axes(pca, ("Smiling", "Wearing_Hat"), np.eye(LATENT, dtype=np.float32)[:2], (0.9, 0.8))
    smiling = [None if k % 7 == 6 else bool(pca.values(z)[0] > 0) for k, z in enumerate(latents)]
    columns = (
        column("Smiling", smiling),
        column("Young", [k % 2 == 0 for k in range(items)]),
        column("Age", [None if k % 10 == 9 else 20 + k for k in range(items)]),
        column("Hair", ["blond" if k % 3 else "dark brown" for k in range(items)]),
    )
    names = tuple(f"faces/{k:06d}.{'jpg' if k % 2 else 'png'}" for k in range(items))
    return LatentSpace(
        Atlas(latents, names),
        (pca, raw, attributes),
        columns if labels else (),
        Clusters(of, centroids) if clusters else None,
    )
