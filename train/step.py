"""The training step: one screen, one function to compile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from train import adversary
from train.adversary import Adversary
from train.config import FitConfig, Side
from train.devices import compute_type
from train.objective import Metrics, make_forward, make_loss
from train.schedule import Stage
from tui_vae.model.networks import Networks, Parameters


class TrainState(NamedTuple):
    """All that changes during training, and all that a resumable save holds."""

    step: jax.Array
    parameters: Parameters
    ema: Parameters
    optimizer: optax.OptState
    skipped: jax.Array
    adversary: Adversary | None = None


Step = Callable[[TrainState, jax.Array], tuple[TrainState, Metrics]]


def start(weights: Mapping[str, Any], config: FitConfig, stage: Stage, step: int = 0, skipped: int = 0) -> TrainState:
    """The state before the first step of a stage."""
    parameters = {name: jnp.asarray(value, jnp.float32) for name, value in weights.items()}
    trainable, _ = split(parameters, stage.frozen)
    return TrainState(
        jnp.full((), step, jnp.int32),
        parameters,
        # Every leaf is a buffer of its own: the step donates them, and a buffer can be donated only once.
        jax.tree.map(jnp.copy, parameters),
        make_optimizer(config, stage.learning_rate).init(trainable),
        jnp.full((), skipped, jnp.int32),
        adversary.start(stage.adversary, config) if stage.adversary else None,
    )


def make_optimizer(config: FitConfig, learning_rate: optax.Schedule) -> optax.GradientTransformation:
    """The configured optimizer behind a clip by global norm; biases and other vectors are not decayed."""
    settings = config.optimizer
    if settings.name == "adamw":
        update = optax.adamw(
            learning_rate,
            weight_decay=settings.weight_decay,
            mask=lambda tree: jax.tree.map(lambda leaf: leaf.ndim > 1, tree),
        )
    else:
        update = {"adam": optax.adam, "rmsprop": optax.rmsprop}[settings.name](learning_rate)
    return optax.chain(optax.clip_by_global_norm(settings.clip_norm), update) if settings.clip_norm else update


def split(parameters: Parameters, frozen: Side) -> tuple[Parameters, Parameters]:
    """The weights that are trained, and those that stay."""
    trainable = {name: value for name, value in parameters.items() if not name.startswith(f"{frozen}/")}
    return trainable, {name: value for name, value in parameters.items() if name not in trainable}


def make_step(networks: Networks, config: FitConfig, stage: Stage, items: int) -> Step:
    """Build ``step(state, batch) -> (state, metrics)`` for a uint8 batch (N, H, W, C), ready for ``jax.jit``.

    Randomness comes from the seed and the step number alone, so that a resumed run repeats an unbroken one.
    The loss is (reconstruction + beta * KL) per pixel value; metrics are in nats per image. A step whose loss or
    gradient is not finite changes nothing but the count of skipped steps. ``items`` is the number of training images.
    """
    forward = make_forward(networks, compute_type(config.run.compute))
    loss_of = make_loss(config.objective, stage.reconstruction, items)
    optimizer = make_optimizer(config, stage.learning_rate)
    push = adversary.make_push(stage.adversary) if stage.adversary else None

    def step(state: TrainState, batch: jax.Array) -> tuple[TrainState, Metrics]:
        keys = jax.random.split(jax.random.fold_in(jax.random.key(config.run.seed), state.step), 3)
        images = batch.astype(jnp.float32) / 255.0
        if config.run.flip:
            flipped = jax.random.bernoulli(keys[0], 0.5, (images.shape[0], 1, 1, 1))
            images = jnp.where(flipped, images[:, :, ::-1], images)
        weight = jnp.asarray(stage.beta(state.step), jnp.float32)

        trainable, frozen = split(state.parameters, stage.frozen)
        passed, pull_back = jax.vjp(lambda weights: forward({**frozen, **weights}, images, keys[1]), trainable)
        (loss, metrics), of_pass = jax.value_and_grad(loss_of, has_aux=True)(passed, images, weight)
        opponent, opinion = state.adversary, Metrics()
        if push and opponent:
            of_outputs, opponent, opinion = push(opponent, images, passed.outputs, of_pass.outputs, keys[2])
            of_pass = of_pass._replace(outputs=of_outputs)
        (gradient,) = pull_back(of_pass)
        norm = optax.tree.norm(gradient)
        finite = jnp.isfinite(loss) & jnp.isfinite(norm) & jnp.isfinite(opinion.get("discriminator_norm", 0.0))

        updates, moments = optimizer.update(gradient, state.optimizer, trainable)
        trained = optax.apply_updates(trainable, updates)
        begun = state.step - stage.first
        decay = jnp.minimum(config.optimizer.ema_decay, (1 + begun) / (10 + begun))
        averaged = optax.incremental_update(trained, split(state.ema, stage.frozen)[0], 1 - decay)
        # What is frozen is handed on as it is: not one bit of it changes.
        parameters, ema = {**state.parameters, **trained}, {**state.ema, **averaged}
        stepped = TrainState(state.step, parameters, ema, moments, state.skipped, opponent)
        kept = jax.tree.map(lambda new, old: jnp.where(finite, new, old), stepped, state)
        after = kept._replace(step=state.step + 1, skipped=state.skipped + ~finite)
        return after, {**metrics, **opinion, "loss": loss, "beta": weight, "gradient_norm": norm}

    return step
