"""Figures of what a model makes by itself: how far its samples are from held-out images and from training images."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from train.aggregate import Aggregate
from train.codec import Codec, Floats, Images
from train.data.prepared import Prepared
from train.data.split import Split
from train.evaluation import classifier
from train.evaluation.frechet import distance
from train.evaluation.neighbours import nearest
from train.evaluation.resize import at_most
from train.sheet import grid
from tui_vae.api import space_of
from tui_vae.model.checkpoint import Checkpoint
from tui_vae.pictures import save_png

# Images of each kind: beyond it the distances hardly move; and bytes of each kind, all of which are in memory.
MAX_COUNT, MAX_BYTES = 10_000, 2**29
# Held-out images on either side of the floor, at least: as many as there are features.
MIN_FLOOR = classifier.FEATURES
QUERIES = 256
SHOWN, NEAREST = 16, 5
SIDE = 64
SEED = 0

Rows = npt.NDArray[np.int64]


def figures(
    made: Checkpoint, codec: Codec, data: Prepared, split: Split, *, frechet: bool, sheets: Path | None
) -> dict[str, Any]:
    """Sample quality and memorisation against ``split`` of ``data``; what cannot be measured says why.

    Four kinds of images, equally many of each: samples of the aggregate posterior, taken as the explorer takes it (a
    Gaussian around each atlas item) and as one Gaussian, samples of the prior N(0, I), and reconstructions of the
    held-out images. Memorisation is asked of the one Gaussian: those around atlas items are near to them by design.
    See :func:`floor` for real images against real ones.
    """
    rng = np.random.default_rng(SEED)
    held_out, training = rng.permutation(data.rows(split)), rng.permutation(data.rows("train"))
    if split == "train":  # images must not be compared with themselves
        held_out, training = np.array_split(training, 2)
    count = min(len(held_out), MAX_COUNT, max(2, MAX_BYTES // math.prod(data.shape)))
    if count < 2 or len(training) < 2:
        return {"left_out": f"samples: {len(held_out)} {split} and {len(training)} training images; 2 of each needed"}
    real = data.images[np.sort(held_out[:count])]
    kinds: dict[str, Images] = {
        "atlas_samples": codec.pictures(random_faces(made, count)),
        "aggregate_posterior_samples": codec.pictures(aggregate_posterior(made, count, rng)),
        "prior_samples": codec.pictures(rng.standard_normal((count, made.architecture.latent), np.float32)),
        "reconstructions": codec.pictures(codec.encode(real).mean),
    }
    result: dict[str, Any] = {"split": split, "count": count}
    network = classifier.train(data) if frechet else None
    if network:
        target = network.features(real)
        result["frechet"] = {
            **{name: round(distance(network.features(images), target), 3) for name, images in kinds.items()},
            "is": "Frechet distance in the features of a small classifier; not FID",
            "count": count,
            "against": f"{count} {split} images",
            "real_images_floor": floor(data, split, count, network.features),
            "features": network.about,
        }
    else:
        result["frechet"] = {"left_out": "--no-frechet"}
    result["neighbours"] = _memorisation(data, np.sort(training), real, kinds, network, sheets)
    return result


def floor(data: Prepared, split: Split, count: int, features: Callable[[Images], Floats]) -> dict[str, Any]:
    """The distance of held-out images from other held-out images, at most ``count`` on either side.

    Neither side is of the training split: the classifier has learned that one, so that its features tell the split from
    all other images. Where there are too few for an equal ``count`` the figure is of fewer, which makes it larger.
    """
    if split == "train":
        return {"left_out": "the classifier has learned the training split"}
    mine, others = data.rows(split), data.rows("validation" if split == "test" else "test")
    size = min(count, (len(mine) + len(others)) // 2)
    if size < MIN_FLOOR:
        found = len(mine) + len(others)
        return {"left_out": f"{found} held-out images; {2 * MIN_FLOOR} are needed for two halves"}
    rng = np.random.default_rng(SEED)
    order = rng.permutation(mine)
    sides = order[:size], np.concatenate([rng.permutation(others), order[size:]])[:size]
    first, second = (features(data.images[np.sort(side)]) for side in sides)
    return {"distance": round(distance(first, second), 3), "count": size}


def random_faces(made: Checkpoint, count: int) -> Floats:
    """``count`` draws (count, L) as the explorer's key for a random face makes them."""
    space = space_of(made)
    return np.stack([space.sample(seed) for seed in range(count)])


def aggregate_posterior(made: Checkpoint, count: int, rng: np.random.Generator) -> Floats:
    """``count`` draws (count, L) of the aggregate posterior, taken as Gaussian in PCA coordinates."""
    bars = rng.standard_normal((count, made.architecture.latent), np.float32)
    return Aggregate(made.pca_mean, made.pca_vectors, made.pca_scales).latents(bars)


def _memorisation(
    data: Prepared,
    training: Rows,
    real: Images,
    kinds: dict[str, Images],
    network: classifier.FeatureNetwork | None,
    sheets: Path | None,
) -> dict[str, Any]:
    """Mean distance to the nearest training image, of samples and of images that the model cannot have remembered.

    A model that remembers has samples much nearer to training images than held-out images are. Smooth pictures are
    near to everything in pixels, so the reconstructions of held-out images stand beside: they are as smooth.
    """
    count = min(QUERIES, len(real))
    asked = {
        "samples": kinds["aggregate_posterior_samples"][:count],
        "held_out": real[:count],
        "reconstructions": kinds["reconstructions"][:count],
    }
    spaces = {"pixels": _pixels} | ({"features": network.features} if network else {})
    result: dict[str, Any] = {"count": count, "training_images": len(training)}
    for space, measure in spaces.items():
        queries = np.concatenate([measure(images) for images in asked.values()])
        places, found = nearest(queries, len(training), _reader(data, training, measure), NEAREST)
        first = found[:, 0].reshape(len(asked), count).mean(axis=1)
        mean = dict(zip(asked, map(float, first), strict=True))
        result[space] = {
            **{f"{name}_mean": round(value, 4) for name, value in mean.items()},
            "memorisation_ratio": round(mean["samples"] / max(mean["held_out"], 1e-9), 4),
            "ratio_to_reconstructions": round(mean["samples"] / max(mean["reconstructions"], 1e-9), 4),
        }
        if sheets:
            shown = min(SHOWN, count)
            beside = [data.images[training[places[row]]] for row in range(shown)]
            rows = [np.concatenate([asked["samples"][row][None], beside[row]]) for row in range(shown)]
            save_png(sheets / f"nearest-{space}.png", grid(at_most(np.concatenate(rows), SIDE), len(rows[0])))
    return result


def _reader(data: Prepared, training: Rows, measure: Callable[[Images], Floats]) -> Callable[[slice], Floats]:
    return lambda part: measure(data.images[training[part]])


def _pixels(images: Images) -> Floats:
    """Vectors whose L2 distance is the root mean square difference of pixels, in 8-bit steps, at most 64 px a side."""
    small = at_most(images, SIDE)
    flat = small.reshape(len(small), -1).astype(np.float32) - 127.5
    return np.asarray(flat / np.sqrt(flat.shape[1]), np.float32)
