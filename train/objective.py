"""From images to the loss, for training and validation alike: one pass through both networks, and what is minimised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp

from train import losses
from train.config import Objective
from tui_vae.latent.axes import ACTIVE_KL
from tui_vae.model.networks import Networks, Parameters

Metrics = dict[str, jax.Array]


class Pass(NamedTuple):
    """Images through both networks, all float32: ``outputs`` (N, H, W, C); ``z``, ``mean``, ``log_variance`` (N, L)."""

    outputs: jax.Array
    z: jax.Array
    mean: jax.Array
    log_variance: jax.Array


Forward = Callable[[Parameters, jax.Array, jax.Array], Pass]
Loss = Callable[[Pass, jax.Array, jax.Array], tuple[jax.Array, Metrics]]


def make_forward(networks: Networks, compute: Literal["float32", "bfloat16"]) -> Forward:
    """``forward(parameters, images, key)``: encode float (N, H, W, C) in [0, 1], sample the posterior, decode.

    The networks' arithmetic is of type ``compute``; weights stay float32, and so does everything after the networks.
    """

    def forward(parameters: Parameters, images: jax.Array, key: jax.Array) -> Pass:
        weights = {name: value.astype(compute) for name, value in parameters.items()}
        mean, log_variance = networks.encode(weights, images.astype(compute))
        mean, log_variance = mean.astype(jnp.float32), log_variance.astype(jnp.float32)
        z = mean + jnp.exp(0.5 * log_variance) * jax.random.normal(key, mean.shape)
        outputs = networks.decode(weights, z.astype(compute))
        return Pass(outputs.astype(jnp.float32), z, mean, log_variance)

    return forward


def make_loss(objective: Objective, reconstruction: str, items: int) -> Loss:
    """``loss(passed, images, beta)`` -> nats per pixel value, and metrics in nats per image.

    ``reconstruction`` names the terms; ``items`` is the number of training images (for the total correlation).
    """
    reconstruct = losses.reconstruction(reconstruction, objective.sigma)

    def loss(passed: Pass, images: jax.Array, beta: jax.Array) -> tuple[jax.Array, Metrics]:
        nats = reconstruct(images, passed.outputs)
        kl = losses.kl_per_dimension(passed.mean, passed.log_variance)
        metrics = {
            "reconstruction": nats,
            "kl": kl.sum(),
            "active_units": jnp.sum(kl > ACTIVE_KL),
            "mse": jnp.mean(jnp.square(images - passed.outputs)),
        }
        total = nats + beta * losses.free_bits(kl, objective.free_bits)
        if objective.total_correlation:
            parts = losses.decompose_kl(passed.z, passed.mean, passed.log_variance, items)
            total += objective.total_correlation * parts.total_correlation
            metrics |= parts._asdict()
        return total / images[0].size, metrics

    return loss
