"""From an image to the latent that decodes closest to it: gradient steps where the encoder's guess ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import optax

from tui_vae.model import networks
from tui_vae.model.checkpoint import Checkpoint

STEPS = 150
RATE = 0.03
# The most likely latent has sigma^2 / pixels * sum b^2 beside the mean squared error (4e-5 for mean b^2 at 24 dB), if
# the errors of pixels were independent. Neighbours err together: several times that keeps faces faces.
PRIOR = 3e-4

Latent = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Fitted:
    """Where the fit stands.

    Attributes:
        step: Steps taken; 0 is the start.
        z: (L,) the best latent so far.
        error: Its root mean square error, of 255.
    """

    step: int
    z: Latent
    error: float


class Inversion:
    """Fits latents of one checkpoint. Compiled once, however many images are fitted.

    The image's mean squared error, plus the squared Mahalanobis distance from the atlas mean per component times
    ``prior``, is minimised by Adam (Kingma and Ba, 2015) in whitened PCA coordinates, where a step is as long in every
    direction as the atlas is wide.
    """

    def __init__(self, checkpoint: Checkpoint, prior: float = PRIOR, rate: float = RATE) -> None:
        nets = networks.build(checkpoint.architecture)
        self._scales = np.maximum(checkpoint.pca_scales, 1e-6)
        self._mean, self._vectors = checkpoint.pca_mean, checkpoint.pca_vectors
        parameters = {name: jnp.asarray(value) for name, value in checkpoint.parameters.items()}
        directions = jnp.asarray(self._vectors * self._scales[:, None])
        mean = jnp.asarray(self._mean)
        self._adam = adam = optax.adam(rate)

        def loss(bars: jax.Array, parameters: networks.Parameters, target: jax.Array) -> tuple[jax.Array, jax.Array]:
            image = nets.decode(parameters, (mean + bars @ directions)[None])[0]
            squared = jnp.mean((image - target) ** 2)
            return squared + prior * jnp.mean(bars**2), squared

        @jax.jit
        def advance(
            bars: jax.Array, state: optax.OptState, parameters: networks.Parameters, target: jax.Array
        ) -> tuple[jax.Array, optax.OptState, jax.Array, jax.Array]:
            (total, squared), slope = jax.value_and_grad(loss, has_aux=True)(bars, parameters, target)
            change, state = adam.update(slope, state, bars)
            return optax.apply_updates(bars, change), state, total, squared

        self._advance, self._parameters = advance, parameters

    def fit(self, image: npt.NDArray[np.uint8], start: Latent, steps: int = STEPS) -> Iterator[Fitted]:
        """Fit a latent (L,) to a uint8 image (H, W, C), from ``start`` on; the caller may stop at any step."""
        target = jnp.asarray(image, jnp.float32) / 255
        bars = jnp.asarray(self._vectors @ (start - self._mean) / self._scales, jnp.float32)
        state = self._adam.init(bars)
        best = np.inf
        z, error = start, np.inf
        for step in range(steps + 1):
            here = np.asarray(bars)
            bars, state, total, squared = self._advance(bars, state, self._parameters, target)
            if float(total) < best:
                best, error = float(total), 255 * float(squared) ** 0.5
                z = (self._mean + (here * self._scales) @ self._vectors).astype(np.float32)
            yield Fitted(step, z, error)
