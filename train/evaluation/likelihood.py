"""Bits per dimension of 8-bit images: an upper bound that any other likelihood model's can be laid beside.

For an image x of D numbers 0..255 and one posterior draw z ~ q(z | x), with m the decoder's output in 8-bit steps,

    bits/dim = (-sum_i log P(x_i | m_i, s) + KL(q(z | x) || N(0, I))) / (D log 2)

is an unbiased estimate of the negative evidence lower bound (Kingma & Welling 2014), so its mean over images bounds
-log p(x) from above. P is a density put into bins, so that it is a distribution over the 256 values and not a density
that grows without end as s falls:

    P(x | m, s) = F((x + 1/2 - m) / s) - F((x - 1/2 - m) / s),

F the distribution function of the standard Gaussian or Laplace distribution, the tails belonging to 0 and 255 (as in
Salimans et al. 2017, arXiv:1701.05517). One scale s serves all pixels: the root of the mean squared error (Gaussian) or
the mean absolute error (Laplace) of posterior draws over the training split.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from train.codec import Codec, Floats, Images, Posterior
from train.data.joined import ImageRows

Density = Literal["gaussian", "laplace"]
DENSITIES: tuple[Density, ...] = ("gaussian", "laplace")

# Images that the scales are taken from, evenly spread over the training split.
CALIBRATION = 4096
# A sharper scale than this, in 8-bit steps, rewards nothing: the whole mass is in one bin.
LEAST_SCALE = 0.05
SEED = 0


@dataclass(frozen=True)
class Scales:
    """The calibrated scale of either density in 8-bit steps, and over how many images."""

    gaussian: float
    laplace: float
    count: int

    def of(self, density: Density) -> float:
        """The scale of one density."""
        return self.gaussian if density == "gaussian" else self.laplace


def calibrate(codec: Codec, images: ImageRows, training: npt.NDArray[np.int64]) -> Scales:
    """Scales of the reconstruction error of posterior draws over at most ``CALIBRATION`` of the ``training`` rows."""
    rows = training[np.linspace(0, len(training) - 1, min(CALIBRATION, len(training))).round().astype(np.int64)]
    rng = np.random.default_rng(SEED)
    squared = absolute = 0.0
    for start in range(0, len(rows), codec.batch):
        batch = images[rows[start : start + codec.batch]]
        error = 255.0 * codec.decode(codec.encode(batch).sample(rng)) - batch
        squared += float(np.square(error, dtype=np.float64).sum())
        absolute += float(np.abs(error).sum(dtype=np.float64))
    numbers = len(rows) * int(np.prod(images.shape[1:]))
    return Scales(max((squared / numbers) ** 0.5, LEAST_SCALE), max(absolute / numbers, LEAST_SCALE), len(rows))


def bits_per_dimension(
    codec: Codec, images: Images, posterior: Posterior, scales: Scales, rng: np.random.Generator
) -> dict[str, npt.NDArray[np.float64]]:
    """The bound of each image (N,) under either density, with one posterior draw of each."""
    outputs = 255.0 * codec.decode(posterior.sample(rng))
    divergence = posterior.kl().sum(axis=1, dtype=np.float64)
    unit = np.log(2) * np.prod(images.shape[1:])
    return {
        density: np.asarray((nats(images, outputs, scales.of(density), density) + divergence) / unit)
        for density in DENSITIES
    }


def nats(images: Images, outputs: Floats, scale: float, density: Density) -> npt.NDArray[np.float64]:
    """-log P(images | outputs) of each image, (N, ...) -> (N,); ``outputs`` and ``scale`` in 8-bit steps."""
    offset = images.astype(np.float64) - outputs
    low = np.where(images == 0, -np.inf, (offset - 0.5) / scale)
    high = np.where(images == 255, np.inf, (offset + 0.5) / scale)
    # Both distributions are even: in the left half the two tails are small numbers whose difference is exact.
    right = low + high > 0
    low, high = np.where(right, -high, low), np.where(right, -low, high)
    tail = _log_gaussian if density == "gaussian" else _log_laplace
    upper, lower = tail(high), tail(low)
    total: npt.NDArray[np.float64] = upper + np.log1p(-np.exp(lower - upper))
    return np.asarray(-total.reshape(len(images), -1).sum(axis=1))


def _log_gaussian(x: npt.NDArray[np.float64]) -> Any:
    from scipy.special import log_ndtr

    return log_ndtr(x)


def _log_laplace(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(x < 0, np.log(0.5) + np.minimum(x, 0.0), np.log1p(-0.5 * np.exp(-np.maximum(x, 0.0))))
