"""Pictures of a model in training, from its weights and a fixed set of held-out images.

Every function gives a :class:`train.sheet.Sheet` of uint8 tiles. The images and the noise are the same each time, so
that two reports of a run differ by the training alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from train.aggregate import Aggregate
from train.codec import Codec, Posterior
from train.report.animation import Frames
from train.sheet import Images, Sheet, arranged, shrunk
from tui_vae.latent.journey import path as way

Latents = npt.NDArray[np.float32]
Weights = Mapping[str, Any]

COLUMNS: Final = 8
SHEET_SIDE: Final = 2048
"""The longest side of a sheet in pixels, nearly: larger tiles are made smaller."""
STEPS: Final = 5
PAIRS: Final = 8
TRAVERSED: Final = 8
SIGMAS: Final = np.linspace(-3, 3, 7)
PLANE: Final = 15


def reconstructions(codec: Codec, images: Images, posterior: Posterior) -> Sheet:
    """Originals over their reconstructions (from the posterior means), eight pairs to a row, 24 pairs at most."""
    count = min(3 * COLUMNS, len(images))
    columns = min(COLUMNS, count)
    originals, outputs = images[:count], codec.pictures(posterior.mean[:count])
    rows = [arranged(_fit(pictures, columns), columns) for pictures in (originals, outputs)]
    return Sheet(np.stack(rows, axis=1).reshape(-1, *rows[0].shape[1:]), together=2)


def samples(codec: Codec, posterior: Posterior, seed: int = 0) -> Sheet:
    """Samples from fixed noise, rows in pairs: above from the prior N(0, I), below from the aggregate posterior.

    The aggregate posterior is taken as the Gaussian with the mean and covariance of the encoded held-out images (a few
    hundred of them make a good estimate). Both pictures of a pair come from the same noise: ``e`` and ``m + A e`` with
    ``A`` the symmetric square root of the covariance, which is what changes least between two reports.
    """
    noise = np.random.default_rng(seed).standard_normal((3 * COLUMNS, posterior.mean.shape[1]))
    rows = [
        arranged(_fit(codec.pictures(latents), COLUMNS), COLUMNS)
        for latents in (noise, Aggregate.of(posterior).nearest(noise))
    ]
    return Sheet(np.stack(rows, axis=1).reshape(-1, *rows[0].shape[1:]), together=2)


def interpolation(codec: Codec, images: Images, posterior: Posterior) -> Sheet:
    """One strip per pair of held-out images: the first image, five evenly spaced steps, the second image.

    The steps run from the reconstruction of the first to that of the second, both included. Pairs are images 0 and 1, 2
    and 3, and so on; a single image is its own pair.
    """
    pairs = [(2 * pair, 2 * pair + 1) for pair in range(min(PAIRS, len(images) // 2))] or [(0, 0)]
    latents = np.concatenate([way(posterior.mean[first], posterior.mean[last], STEPS) for first, last in pairs])
    steps = codec.pictures(latents).reshape(len(pairs), STEPS, *images.shape[1:])
    strips = [
        np.concatenate([images[first : first + 1], steps[row], images[last : last + 1]])
        for row, (first, last) in enumerate(pairs)
    ]
    columns = STEPS + 2
    return Sheet(arranged(_fit(np.concatenate(strips), columns), columns), spread=1)


def traversals(codec: Codec, posterior: Posterior) -> Sheet:
    """One row per dimension, of the highest KL first, eight at most: -3, -2, ..., 3 sigma around the centre.

    Centre and sigma are those of the aggregate posterior; the other dimensions stay at the centre.
    """
    dimensions = np.argsort(-posterior.kl().mean(axis=0), kind="stable")[:TRAVERSED]
    aggregate = Aggregate.of(posterior)
    latents = np.repeat(aggregate.mean[None].astype(np.float64), len(dimensions) * len(SIGMAS), axis=0)
    for row, dimension in enumerate(dimensions):
        latents[row * len(SIGMAS) : (row + 1) * len(SIGMAS), dimension] += SIGMAS * aggregate.sigma[dimension]
    pictures = codec.pictures(latents)
    return Sheet(arranged(_fit(pictures, len(SIGMAS)), len(SIGMAS)), spread=1)


def plane(codec: Codec) -> Sheet:
    """The whole latent plane of a model with two latents, 15 x 15 over the normal quantiles 0.05 to 0.95.

    Equal steps in probability and not in distance (Kingma & Welling 2014, figure 4). The first latent grows to the
    right, the second one upwards.
    """
    places = np.array([NormalDist().inv_cdf(quantile) for quantile in np.linspace(0.05, 0.95, PLANE)])
    latents = np.stack([np.tile(places, PLANE), np.repeat(places[::-1], PLANE)], axis=1)
    pictures = codec.pictures(latents)
    return Sheet(arranged(_fit(pictures, PLANE), PLANE), spread=2, gap=0)


class Reports:
    """The pictures of one run: ``reports/NAME.png`` the newest of each kind, ``reports/frames`` all reconstructions.

    ``images`` are held-out ones, uint8 (K, H, W, C), the same for the whole run: the first 24 are shown, all of them
    (256 are plenty) tell what the aggregate posterior is.

    Raises:
        ValueError: there is no image.
    """

    def __init__(self, run: Path, codec: Codec, images: Images) -> None:
        if not len(images):
            raise ValueError("reports need at least one image")
        self.folder = run / "reports"
        self.images = np.ascontiguousarray(images)
        self.frames = Frames(self.folder / "frames")
        self.codec = codec

    def write(self, step: int, weights: Weights) -> dict[str, Path]:
        """Draw all pictures with these weights; returns each one's path by its name, the animation's included.

        Raises:
            UserError: a file cannot be written.
        """
        codec = self.codec.at(weights)
        # What is not finite becomes finite: a lost run still has its pictures.
        posterior = codec.encode(self.images).finite()
        sheets = {
            "reconstructions": reconstructions(codec, self.images, posterior),
            "samples": samples(codec, posterior),
            "interpolation": interpolation(codec, self.images, posterior),
            "traversals": traversals(codec, posterior),
        }
        if posterior.mean.shape[1] == 2:
            sheets["plane"] = plane(codec)
        paths = {name: self.folder / f"{name}.png" for name in sheets}
        for name, sheet in sheets.items():
            sheet.save(paths[name])
        self.frames.add(step, sheets["reconstructions"])
        animation = self.folder / "reconstructions.gif"
        self.frames.animate(animation)
        return {**paths, "animation": animation}

    def rewind(self, step: int) -> None:
        """Forget the frames later than ``step``: a resumed run draws them again."""
        self.frames.rewind(step)


def _fit(pictures: Images, columns: int) -> Images:
    return shrunk(pictures, max(8, SHEET_SIDE // columns))
