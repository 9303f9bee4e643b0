"""What the aggregate posterior is taken for when a random face is drawn: ``python docs/recipes/densities.py --help``.

Prints the Frechet distance of as many draws as there are validation images to these, in the features of the classifier
that ``evaluate`` trains, for two seeds each: the table of docs/models.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from train.codec import Codec
from train.data.prepared import open_all
from train.evaluation import classifier
from train.evaluation.frechet import distance
from tui_vae.api import load

Latents = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Latents]
WIDTHS = (0.8, 0.7, 0.6, 0.5, 0.4)


def densities(atlas: Latents) -> dict[str, Draw]:
    """Ways to draw (n, L) from items (N, L); all but the last have the items' mean and covariance."""
    mean: Latents = atlas.mean(axis=0)
    size = len(atlas)
    root = np.linalg.cholesky(np.cov(atlas.T))

    def gaussian(rng: np.random.Generator, n: int) -> Latents:
        drawn: Latents = rng.standard_normal((n, atlas.shape[1])) @ root.T
        return drawn

    def added(rng: np.random.Generator, n: int, count: int) -> Latents:
        total: Latents = (atlas[rng.integers(0, size, (n, count))] - mean).sum(axis=1) / np.sqrt(count)
        return total

    def kernels(width: float, rng: np.random.Generator, n: int) -> Latents:
        drawn: Latents = np.sqrt(1 - width**2) * (atlas[rng.integers(0, size, n)] - mean) + width * gaussian(rng, n)
        return mean + drawn

    return {
        "one Gaussian": lambda rng, n: mean + gaussian(rng, n),
        "three items added": lambda rng, n: mean + added(rng, n, 3),
        "two items added": lambda rng, n: mean + added(rng, n, 2),
        **{f"around items, {width}": partial(kernels, width) for width in WIDTHS},
        "the items": lambda rng, n: atlas[rng.permutation(size)[:n]],
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--data", nargs="+", type=Path, required=True, help="folders that prepare wrote")
    chosen = parser.parse_args()
    made = load(chosen.checkpoint).checkpoint
    codec = Codec.of(made.architecture, made.parameters)
    data = open_all(chosen.data)
    images = data.images[data.rows("validation")]
    network = classifier.train(data)
    target = network.features(images)

    def far(latents: Latents) -> float:
        return distance(network.features(codec.pictures(latents.astype(np.float32))), target)

    print(f"| aggregate posterior taken as | Frechet distance to {len(images):,} validation images |\n|---|---|")
    for name, draw in densities(made.latents.astype(np.float64)).items():
        found = (far(draw(np.random.default_rng(seed), len(images))) for seed in (1, 2))
        print(f"| {name} |", ", ".join(f"{value:.1f}" for value in found), "|", flush=True)
    print(f"| reconstructions of the validation images | {far(codec.encode(images).mean.astype(np.float64)):.1f} |")


if __name__ == "__main__":
    main()
