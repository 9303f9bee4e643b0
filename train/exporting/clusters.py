"""Clusters of the encoded training set: k-means, and sheets to look at them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from train.codec import Codec, Floats
from train.data.joined import ImageRows
from train.evaluation.resize import at_most
from train.sheet import grid
from tui_vae.pictures import save_png

CLUSTERS = 49
# A centroid is the mean of its members: of fewer than this on average it would be a copy of one image.
MEMBERS = 4
SHOWN = 8
TILE = 96


@dataclass(frozen=True)
class Clusters:
    """K clusters, largest first: ``centroids`` (K, L), and for each of N items its ``cluster`` and the ``distance``."""

    centroids: Floats
    cluster: npt.NDArray[np.int32]
    distance: Floats


def cluster(latents: Floats, count: int, seed: int = 0) -> Clusters:
    """k-means (Lloyd, k-means++ start; Arthur & Vassilvitskii 2007) of latents (N, L) in latent units.

    At most ``count`` clusters, fewer where the set is small (4 members each on average) or its latents coincide.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    count = max(1, min(count, len(latents) // MEMBERS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct latents than clusters: dropped below
        model = KMeans(count, n_init=1, random_state=seed).fit(latents)
    sizes = np.bincount(model.labels_, minlength=count)
    order = np.argsort(-sizes, kind="stable")[: int((sizes > 0).sum())]
    centroids = np.asarray(model.cluster_centers_[order], np.float32)
    place = np.zeros(count, np.int32)
    place[order] = np.arange(len(order))
    mine = place[model.labels_]
    distance = np.linalg.norm(latents - centroids[mine], axis=1)
    return Clusters(centroids, mine, np.asarray(distance, np.float32))


def write_sheets(
    folder: Path, codec: Codec, found: Clusters, images: ImageRows, rows: npt.NDArray[np.int64]
) -> list[Path]:
    """Write ``centroids.png``, the decoded centroids, and ``members.png``: per row a centroid and its nearest members.

    ``folder`` is there; ``rows`` are the rows of ``images`` that were clustered. Members are real images: keep that
    sheet where they may be.
    """
    centroids = at_most(codec.pictures(found.centroids), TILE)
    height, width, channels = centroids.shape[1:]
    members = np.zeros((len(centroids), 1 + SHOWN, height, width, channels), np.uint8)
    for number, picture in enumerate(centroids):
        mine = np.flatnonzero(found.cluster == number)
        nearest = mine[np.argsort(found.distance[mine], kind="stable")[:SHOWN]]
        members[number, 0] = picture
        members[number, 1 : 1 + len(nearest)] = at_most(images[rows[nearest]], TILE)
    save_png(folder / "centroids.png", grid(centroids, round(np.ceil(np.sqrt(len(centroids))))))
    save_png(folder / "members.png", grid(members.reshape(-1, height, width, channels), 1 + SHOWN))
    return [folder / "centroids.png", folder / "members.png"]
