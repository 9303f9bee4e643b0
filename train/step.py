"""The training step: one screen, one jitted function."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from train import losses
from train.config import FitConfig
from tui_vae.model.networks import Networks, Parameters

Metrics = dict[str, jax.Array]


class TrainState(NamedTuple):
    """All that changes during training, and all that a resumable save holds."""

    step: jax.Array
    parameters: Parameters
    ema: Parameters
    optimizer: optax.OptState
    skipped: jax.Array


Step = Callable[[TrainState, jax.Array], tuple[TrainState, Metrics]]


def make_optimizer(config: FitConfig, learning_rate: optax.Schedule) -> optax.GradientTransformation:
    """AdamW behind a clip by global norm; biases and other vectors are not decayed."""
    return optax.chain(
        optax.clip_by_global_norm(config.optimizer.clip_norm),
        optax.adamw(
            learning_rate,
            weight_decay=config.optimizer.weight_decay,
            mask=lambda tree: jax.tree.map(lambda leaf: leaf.ndim > 1, tree),
        ),
    )


def start(parameters: Parameters, optimizer: optax.GradientTransformation) -> TrainState:
    """The state before the first step."""
    # Every leaf is a buffer of its own: the step donates them, and a buffer can be donated only once.
    step, skipped = jnp.zeros((), jnp.int32), jnp.zeros((), jnp.int32)
    return TrainState(step, parameters, jax.tree.map(jnp.copy, parameters), optimizer.init(parameters), skipped)


def make_step(
    networks: Networks, config: FitConfig, optimizer: optax.GradientTransformation, beta: optax.Schedule
) -> Step:
    """Build ``step(state, images) -> (state, metrics)`` for a uint8 batch (N, H, W, C).

    Randomness comes from the seed and the step number alone, so that a resumed run repeats an unbroken one.
    The loss is (reconstruction + beta * KL) per pixel value; metrics are in nats per image. A step whose loss or
    gradient is not finite changes nothing but the count of skipped steps.
    """
    likelihood = losses.LIKELIHOODS[config.objective.likelihood]

    def loss_of(
        parameters: Parameters, images: jax.Array, beta: jax.Array, key: jax.Array
    ) -> tuple[jax.Array, Metrics]:
        mean, log_variance = networks.encode(parameters, images)
        noise = jax.random.normal(key, mean.shape)
        outputs = networks.decode(parameters, mean + jnp.exp(0.5 * log_variance) * noise)
        reconstruction = likelihood(images, outputs)
        kl = losses.kl_per_dimension(mean, log_variance)
        metrics = {
            "reconstruction": reconstruction,
            "kl": kl.sum(),
            "active_units": jnp.sum(kl > 0.01),
            "mse": jnp.mean(jnp.square(images - outputs)),
        }
        return (reconstruction + beta * kl.sum()) / images[0].size, metrics

    def step(state: TrainState, batch: jax.Array) -> tuple[TrainState, Metrics]:
        flip_key, noise_key = jax.random.split(jax.random.fold_in(jax.random.key(config.run.seed), state.step))
        images = batch.astype(jnp.float32) / 255.0
        if config.run.flip:
            flipped = jax.random.bernoulli(flip_key, 0.5, (images.shape[0], 1, 1, 1))
            images = jnp.where(flipped, images[:, :, ::-1], images)
        weight = beta(state.step)
        (loss, metrics), gradient = jax.value_and_grad(loss_of, has_aux=True)(
            state.parameters, images, weight, noise_key
        )
        norm = optax.tree.norm(gradient)
        finite = jnp.isfinite(loss) & jnp.isfinite(norm)

        updates, moments = optimizer.update(gradient, state.optimizer, state.parameters)
        parameters = optax.apply_updates(state.parameters, updates)
        decay = jnp.minimum(config.optimizer.ema_decay, (1 + state.step) / (10 + state.step))
        ema = optax.incremental_update(parameters, state.ema, 1 - decay)
        stepped = TrainState(state.step, parameters, ema, moments, state.skipped)
        kept = jax.tree.map(lambda new, old: jnp.where(finite, new, old), stepped, state)
        after = kept._replace(step=state.step + 1, skipped=state.skipped + ~finite)
        return after, {**metrics, "loss": loss, "beta": weight, "gradient_norm": norm}

    return jax.jit(step, donate_argnums=0)
