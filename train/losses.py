"""The terms of the training loss, in nats per image.

``gaussian``, ``laplace`` and ``laplacian_pyramid`` are *calibrated*: the scale is not a setting but the one that makes
the batch most likely, found in closed form (sigma-VAE, Rybkin et al. 2021, arXiv:2006.13202). With it beta keeps its
meaning: at 1 the sum is the evidence lower bound, whatever the size of the images. The others have a fixed scale, and
beta trades against it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from train.mixture import parse
from train.ssim import ms_ssim

Loss = Callable[[jax.Array, jax.Array], jax.Array]

# Scales below half of one 8-bit step would reward precision that the data does not have.
MIN_SCALE = 0.5 / 255.0
PYRAMID_LEVELS = 4
# RGB -> brightness, red against green, yellow against blue.
OPPONENTS = np.array([[1 / 3, 1.0, 0.5], [1 / 3, -1.0, 0.5], [1 / 3, 0.0, -1.0]], np.float32)


def gaussian(images: jax.Array, outputs: jax.Array) -> jax.Array:
    """Negative log likelihood under N(outputs, sigma^2), sigma^2 the batch's mean squared error.

    Both are float (N, H, W, C) in [0, 1]; the result is a scalar, nats per image.
    """
    error = jnp.mean(jnp.square(images - outputs))
    variance = jnp.maximum(jax.lax.stop_gradient(error), MIN_SCALE**2)  # the best one: its own slope is nothing
    return 0.5 * images[0].size * (jnp.log(2 * math.pi * variance) + error / variance)


def laplace(images: jax.Array, outputs: jax.Array) -> jax.Array:
    """Negative log likelihood under Laplace(outputs, b), b the batch's mean absolute error; nats per image."""
    return images[0].size * _laplace_nats(images - outputs)


def laplacian_pyramid(images: jax.Array, outputs: jax.Array) -> jax.Array:
    """Laplace likelihood of each band of the error's Laplacian pyramid, with a calibrated scale per band.

    Fine bands are hard to predict and get a wide scale of their own, so that they are neither ignored nor allowed to
    drown the coarse ones. Bands: Burt & Adelson 1983. A pyramid holds more numbers than its image; the bands' weights
    are scaled to sum to the image's dimensions, which keeps beta comparable with the other likelihoods.
    Nats per image.
    """
    bands = pyramid(images - outputs, PYRAMID_LEVELS)
    dimensions = [band[0].size for band in bands]
    shrink = images[0].size / sum(dimensions)
    terms = [shrink * size * _laplace_nats(band) for size, band in zip(dimensions, bands, strict=True)]
    return jnp.sum(jnp.stack(terms))


def squared_error(images: jax.Array, outputs: jax.Array) -> jax.Array:
    """Sum of squared errors, halved: N(outputs, 1) without its constant; nats per image."""
    return 0.5 * images[0].size * jnp.mean(jnp.square(images - outputs))


def absolute_error(images: jax.Array, outputs: jax.Array) -> jax.Array:
    """Sum of absolute errors: Laplace(outputs, 1) without its constant; nats per image."""
    return images[0].size * jnp.mean(jnp.abs(images - outputs))


def cross_entropy(images: jax.Array, outputs: jax.Array) -> jax.Array:
    """Binary cross-entropy of values in [0, 1] against probabilities, summed; nats per image.

    Not a likelihood of values between 0 and 1, but widely used as if it were (Loaiza-Ganem & Cunningham 2019).
    """
    # The clip bounds the loss and must not stop the slope: a pixel that is surely wrong has to come back.
    inside = outputs + jax.lax.stop_gradient(jnp.clip(outputs, 1e-6, 1 - 1e-6) - outputs)
    nats = images * jnp.log(inside) + (1 - images) * jnp.log1p(-inside)
    return -images[0].size * jnp.mean(nats)


def structural(images: jax.Array, outputs: jax.Array) -> jax.Array:
    """``1 - MS-SSIM``, times the number of values in an image to stand beside the other terms."""
    return images[0].size * (1.0 - jnp.mean(ms_ssim(images, outputs)))


def local_contrast(images: jax.Array, outputs: jax.Array) -> jax.Array:
    """Laplace likelihood of how much detail there is around each place, whatever it is, with calibrated scales.

    The other terms are best served by the middle of all that an image might be, which is blurred wherever the latents
    leave detail open. This one asks for as much detail as the real image has: root mean square of each fine Laplacian
    band over channels and a binomial window of about 8 of the band's pixels (contrast in the sense of Peli 1990,
    doi:10.1364/JOSAA.7.002032, without the division by luminance). It says nothing of where edges lie and means
    something only beside a term that does. Nats per image, scaled to the image's dimensions.
    """
    terms = []
    bands = zip(pyramid(images, PYRAMID_LEVELS)[:-1], pyramid(outputs, PYRAMID_LEVELS)[:-1], strict=True)
    for real, decoded in bands:
        terms.append(_laplace_nats(_joint(_contrast(real)) - _joint(_contrast(decoded))))
    return images[0].size * jnp.mean(jnp.stack(terms))


def local_gradients(images: jax.Array, outputs: jax.Array) -> jax.Array:
    """As ``local_contrast``, of differences to the next pixel instead of bands: across, down, and both (mixed).

    Each direction by itself at three scales of a Gaussian pyramid, so that detail of the right strength and the wrong
    kind costs: dots where there are edges are strong in the mixed difference, stripes in one direction only. So do
    brightness, red against green and yellow against blue each by itself: real fine detail has little colour.
    """
    if images.shape[3] == 3:
        images, outputs = images @ OPPONENTS, outputs @ OPPONENTS
    terms = []
    for real, decoded in zip(_scales(images, 3), _scales(outputs, 3), strict=True):
        for one, other in zip(_differences(real), _differences(decoded), strict=True):
            gap = _contrast(one) - _contrast(other)
            terms += [_laplace_nats(gap[..., channel]) for channel in range(gap.shape[3])]
    return images[0].size * jnp.mean(jnp.stack(terms))


RECONSTRUCTIONS: dict[str, Loss] = {
    "gaussian": gaussian,
    "laplace": laplace,
    "pyramid": laplacian_pyramid,
    "mse": squared_error,
    "l1": absolute_error,
    "bce": cross_entropy,
    "ms_ssim": structural,
    "contrast": local_contrast,
    "gradients": local_gradients,
}
FIXED_SCALE = {"mse": 2, "l1": 1}
"""Terms whose scale is the setting sigma, and the power of it that they are divided by."""


def reconstruction(text: str, sigma: float = 1.0) -> Loss:
    """The weighted sum that ``text`` names (see :mod:`train.mixture`); ``sigma`` is the scale of mse and l1."""
    mixture = parse(text)

    def loss(images: jax.Array, outputs: jax.Array) -> jax.Array:
        terms = [
            weight / sigma ** FIXED_SCALE.get(name, 0) * RECONSTRUCTIONS[name](images, outputs)
            for weight, name in mixture
        ]
        return jnp.sum(jnp.stack(terms))

    return loss


def free_bits(kl: jax.Array, least: float) -> jax.Array:
    """Total KL where no dimension counts for less than ``least`` nats: (L,) -> scalar.

    Below the floor a dimension is not pushed towards the prior (Kingma et al. 2016, arXiv:1606.04934, section 2.2).
    """
    return jnp.sum(jnp.maximum(kl, least))


class Decomposition(NamedTuple):
    """The KL term in three parts, each in nats: their sum is the mean KL of the posterior to the prior."""

    mutual_information: jax.Array
    total_correlation: jax.Array
    dimension_wise: jax.Array


def decompose_kl(z: jax.Array, mean: jax.Array, log_variance: jax.Array, items: int) -> Decomposition:
    """Index-code mutual information, total correlation and dimension-wise KL of a batch: three (B, L) -> nats.

    Chen et al. 2018 (arXiv:1802.04942), equation 2, by minibatch-weighted sampling (equation 5); ``items`` is the size
    of the data set. Biased: a batch sees few of the posteriors that make up the aggregate.
    """
    per_pair = _normal_log_density(z[:, None], mean[None], log_variance[None])  # (B, B, L)
    norm = math.log(items * len(z))
    joint = jax.nn.logsumexp(per_pair.sum(axis=2), axis=1) - norm
    product = (jax.nn.logsumexp(per_pair, axis=1) - norm).sum(axis=1)
    own = _normal_log_density(z, mean, log_variance).sum(axis=1)
    prior = _normal_log_density(z, jnp.zeros_like(z), jnp.zeros_like(z)).sum(axis=1)
    return Decomposition(jnp.mean(own - joint), jnp.mean(joint - product), jnp.mean(product - prior))


def _normal_log_density(z: jax.Array, mean: jax.Array, log_variance: jax.Array) -> jax.Array:
    return -0.5 * (math.log(2 * math.pi) + log_variance + jnp.square(z - mean) * jnp.exp(-log_variance))


def kl_per_dimension(mean: jax.Array, log_variance: jax.Array) -> jax.Array:
    """KL(N(mean, exp(log_variance)) || N(0, 1)) averaged over the batch: (N, L) -> (L,), nats.

    Kingma & Welling 2014, appendix B (arXiv:1312.6114).
    """
    terms = 0.5 * (jnp.exp(log_variance) + jnp.square(mean) - 1.0 - log_variance)
    return jnp.mean(terms, axis=0)


def pyramid(x: jax.Array, levels: int) -> list[jax.Array]:
    """(N, H, W, C) -> its Laplacian bands from fine to coarse, the last one the low-pass rest."""
    bands = []
    for _ in range(levels):
        height, width = x.shape[1:3]
        if min(height, width) < 4:
            break
        down_rows, down_columns = jnp.asarray(_reduce(height)), jnp.asarray(_reduce(width))
        low = jnp.einsum("ih,nhwc,jw->nijc", down_rows, x, down_columns)
        # Expanding is the transpose of reducing, times the two of the kept samples along either side.
        bands.append(x - 4.0 * jnp.einsum("ih,nijc,jw->nhwc", down_rows, low, down_columns))
        x = low
    return [*bands, x]


def _scales(x: jax.Array, count: int) -> list[jax.Array]:
    """(N, H, W, C) and its low-pass halves, as many as there is room for."""
    scales = [x]
    while len(scales) < count and min(scales[-1].shape[1:3]) >= 8:
        rows, columns = (jnp.asarray(_reduce(size)) for size in scales[-1].shape[1:3])
        scales.append(jnp.einsum("ih,nhwc,jw->nijc", rows, scales[-1], columns))
    return scales


def _differences(x: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Across, down, and the one of the other, (N, H - 1, W - 1, C) or one more along the side that is left alone."""
    across, down = x[:, :, 1:] - x[:, :, :-1], x[:, 1:] - x[:, :-1]
    return across, down, across[:, 1:] - across[:, :-1]


def _contrast(band: jax.Array) -> jax.Array:
    """Root of the mean square over a window: (N, H, W, C) -> (N, H/4, W/4, C), or less of it where it is small."""
    energy = jnp.square(band)
    for _ in range(2):
        if min(energy.shape[1:3]) < 4:
            break
        rows, columns = (jnp.asarray(_reduce(size)) for size in energy.shape[1:3])
        energy = jnp.einsum("ih,nhwc,jw->nijc", rows, energy, columns)
    return jnp.sqrt(energy + MIN_SCALE**2)


def _joint(contrast: jax.Array) -> jax.Array:
    """Root mean square over channels: (N, H, W, C) -> (N, H, W)."""
    return jnp.sqrt(jnp.mean(jnp.square(contrast), axis=3))


def _laplace_nats(error: jax.Array) -> jax.Array:
    mean = jnp.mean(jnp.abs(error))
    scale = jnp.maximum(jax.lax.stop_gradient(mean), MIN_SCALE)
    return jnp.log(2 * scale) + mean / scale


@lru_cache
def _reduce(size: int) -> npt.NDArray[np.float32]:
    """The (ceil(size / 2), size) matrix that blurs with [1 4 6 4 1] / 16 and keeps every second sample."""
    kept = -(-size // 2)
    matrix = np.zeros((kept, size), np.float32)
    for row in range(kept):
        for offset, weight in zip(range(-2, 3), (1, 4, 6, 4, 1), strict=True):
            place = 2 * row + offset
            place = -place if place < 0 else place
            place = 2 * (size - 1) - place if place >= size else place
            matrix[row, place] += weight / 16
    return matrix
