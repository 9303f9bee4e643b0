"""Pictures of a model in training, from its weights and a fixed set of held-out images.

Every function gives a :class:`train.sheet.Sheet` of uint8 tiles. The images and the noise are the same each time, so
that two reports of a run differ by the training alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import NormalDist
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from train.report.animation import Frames
from train.sheet import Images, Sheet, arranged, shrunk
from tui_vae.latent.journey import path as way
from tui_vae.model.networks import Networks

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


@dataclass(frozen=True)
class Codec:
    """Both networks, each compiled once, for ``batch`` images at a time: any number of images goes through."""

    encode: Callable[[Weights, Any], tuple[jax.Array, jax.Array]]
    decode: Callable[[Weights, Any], jax.Array]
    batch: int


@dataclass(frozen=True)
class Posterior:
    """What the encoder says of the held-out images: ``mean`` and ``variance``, (K, L) each."""

    mean: Latents
    variance: Latents

    @property
    def kl(self) -> Latents:
        """Mean KL to the standard normal of each dimension, (L,), in nats (Kingma & Welling 2014, appendix B)."""
        kl = 0.5 * (self.variance + self.mean**2 - 1 - np.log(np.maximum(self.variance, 1e-12)))
        return np.asarray(kl.mean(axis=0), np.float32)

    @property
    def centre(self) -> Latents:
        """Mean of the aggregate posterior, (L,)."""
        return np.asarray(self.mean.mean(axis=0), np.float32)

    @property
    def covariance(self) -> npt.NDArray[np.float64]:
        """Covariance of the aggregate posterior, (L, L): that of the means and, on the diagonal, the mean variance."""
        offsets = (self.mean - self.centre).astype(np.float64)
        return offsets.T @ offsets / len(offsets) + np.diag(self.variance.astype(np.float64).mean(axis=0))


def codec(networks: Networks, shape: tuple[int, int, int]) -> Codec:
    """Compile-once versions of ``networks`` for images of ``shape`` (H, W, C); nothing is compiled yet."""

    def encode(weights: Weights, images: jax.Array) -> tuple[jax.Array, jax.Array]:
        return networks.encode(weights, images.astype(jnp.float32) / 255)

    def decode(weights: Weights, latents: jax.Array) -> jax.Array:
        return jnp.round(jnp.clip(networks.decode(weights, latents), 0, 1) * 255).astype(jnp.uint8)

    return Codec(jax.jit(encode), jax.jit(decode), max(4, min(64, 2**21 // (shape[0] * shape[1]))))


def encode(codec: Codec, weights: Weights, images: Images) -> Posterior:
    """Posteriors of uint8 images (K, H, W, C). What is not finite becomes finite: a lost run still has its pictures."""
    parts = [codec.encode(weights, piece) for piece in _pieces(images, codec.batch)]
    mean = np.concatenate([np.asarray(part[0], np.float32) for part in parts])[: len(images)]
    log_variance = np.concatenate([np.asarray(part[1], np.float32) for part in parts])[: len(images)]
    finite = partial(np.nan_to_num, nan=0.0, posinf=1e6, neginf=-1e6)
    return Posterior(finite(mean), np.exp(np.clip(finite(log_variance), -30, 30)))


def decode(codec: Codec, weights: Weights, latents: Latents) -> Images:
    """uint8 images (N, H, W, C) of latents (N, L)."""
    pieces = _pieces(latents.astype(np.float32), codec.batch)
    return np.concatenate([np.asarray(codec.decode(weights, piece)) for piece in pieces])[: len(latents)]


def reconstructions(codec: Codec, weights: Weights, images: Images, posterior: Posterior) -> Sheet:
    """Originals over their reconstructions (from the posterior means), eight pairs to a row, 24 pairs at most."""
    count = min(3 * COLUMNS, len(images))
    columns = min(COLUMNS, count)
    originals, outputs = images[:count], decode(codec, weights, posterior.mean[:count])
    rows = [arranged(_fit(pictures, columns), columns) for pictures in (originals, outputs)]
    return Sheet(np.stack(rows, axis=1).reshape(-1, *rows[0].shape[1:]), together=2)


def samples(codec: Codec, weights: Weights, posterior: Posterior, seed: int = 0) -> Sheet:
    """Samples from fixed noise, rows in pairs: above from the prior N(0, I), below from the aggregate posterior.

    The aggregate posterior is taken as the Gaussian with the mean and covariance of the encoded held-out images (a few
    hundred of them make a good estimate). Both pictures of a pair come from the same noise: ``e`` and ``m + A e`` with
    ``A`` the symmetric square root of the covariance, which is what changes least between two reports.
    """
    noise = np.random.default_rng(seed).standard_normal((3 * COLUMNS, posterior.mean.shape[1]))
    values, vectors = np.linalg.eigh(posterior.covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    rows = [
        arranged(_fit(decode(codec, weights, latents.astype(np.float32)), COLUMNS), COLUMNS)
        for latents in (noise, posterior.centre + noise @ root)
    ]
    return Sheet(np.stack(rows, axis=1).reshape(-1, *rows[0].shape[1:]), together=2)


def interpolation(codec: Codec, weights: Weights, images: Images, posterior: Posterior) -> Sheet:
    """One strip per pair of held-out images: the first image, five evenly spaced steps, the second image.

    The steps run from the reconstruction of the first to that of the second, both included. Pairs are images 0 and 1, 2
    and 3, and so on; a single image is its own pair.
    """
    pairs = [(2 * pair, 2 * pair + 1) for pair in range(min(PAIRS, len(images) // 2))] or [(0, 0)]
    latents = np.concatenate([way(posterior.mean[first], posterior.mean[last], STEPS) for first, last in pairs])
    steps = decode(codec, weights, latents).reshape(len(pairs), STEPS, *images.shape[1:])
    strips = [
        np.concatenate([images[first : first + 1], steps[row], images[last : last + 1]])
        for row, (first, last) in enumerate(pairs)
    ]
    columns = STEPS + 2
    return Sheet(arranged(_fit(np.concatenate(strips), columns), columns), spread=1)


def traversals(codec: Codec, weights: Weights, posterior: Posterior) -> Sheet:
    """One row per dimension, of the highest KL first, eight at most: -3, -2, ..., 3 sigma around the centre.

    Centre and sigma are those of the aggregate posterior; the other dimensions stay at the centre.
    """
    dimensions = np.argsort(-posterior.kl, kind="stable")[:TRAVERSED]
    sigma = np.sqrt(np.diag(posterior.covariance))
    latents = np.repeat(posterior.centre[None].astype(np.float64), len(dimensions) * len(SIGMAS), axis=0)
    for row, dimension in enumerate(dimensions):
        latents[row * len(SIGMAS) : (row + 1) * len(SIGMAS), dimension] += SIGMAS * sigma[dimension]
    pictures = decode(codec, weights, latents.astype(np.float32))
    return Sheet(arranged(_fit(pictures, len(SIGMAS)), len(SIGMAS)), spread=1)


def plane(codec: Codec, weights: Weights) -> Sheet:
    """The whole latent plane of a model with two latents, 15 x 15 over the normal quantiles 0.05 to 0.95.

    Equal steps in probability and not in distance (Kingma & Welling 2014, figure 4). The first latent grows to the
    right, the second one upwards.
    """
    places = np.array([NormalDist().inv_cdf(quantile) for quantile in np.linspace(0.05, 0.95, PLANE)])
    latents = np.stack([np.tile(places, PLANE), np.repeat(places[::-1], PLANE)], axis=1)
    pictures = decode(codec, weights, latents.astype(np.float32))
    return Sheet(arranged(_fit(pictures, PLANE), PLANE), spread=2, gap=0)


class Reports:
    """The pictures of one run: ``reports/NAME.png`` the newest of each kind, ``reports/frames`` all reconstructions.

    ``images`` are held-out ones, uint8 (K, H, W, C), the same for the whole run: the first 24 are shown, all of them
    (256 are plenty) tell what the aggregate posterior is.

    Raises:
        ValueError: there is no image.
    """

    def __init__(self, run: Path, networks: Networks, images: Images) -> None:
        if not len(images):
            raise ValueError("reports need at least one image")
        self.folder = run / "reports"
        self.images = np.ascontiguousarray(images)
        self.frames = Frames(self.folder / "frames")
        self.codec = codec(networks, images.shape[1:])
        self._device = jax.local_devices()[0]

    def write(self, step: int, weights: Weights) -> dict[str, Path]:
        """Draw all pictures with these weights; returns each one's path by its name, the animation's included.

        Raises:
            UserError: a file cannot be written.
        """
        # On one device: several would each do the same work.
        weights = {name: jax.device_put(value, self._device) for name, value in weights.items()}
        posterior = encode(self.codec, weights, self.images)
        sheets = {
            "reconstructions": reconstructions(self.codec, weights, self.images, posterior),
            "samples": samples(self.codec, weights, posterior),
            "interpolation": interpolation(self.codec, weights, self.images, posterior),
            "traversals": traversals(self.codec, weights, posterior),
        }
        if posterior.mean.shape[1] == 2:
            sheets["plane"] = plane(self.codec, weights)
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


def _pieces(rows: npt.NDArray[Any], size: int) -> list[npt.NDArray[Any]]:
    """Pieces of exactly ``size`` rows; the last one is filled up with copies of its first row."""
    pieces = [rows[start : start + size] for start in range(0, len(rows), size)]
    last = pieces[-1]
    pieces[-1] = np.concatenate([last, np.repeat(last[:1], size - len(last), axis=0)])
    return pieces
