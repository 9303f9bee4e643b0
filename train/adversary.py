"""The second stage's opponent: a patch discriminator that tells real images from decoded ones.

Hinge loss (Lim & Ye 2017, arXiv:1705.02894), patches (PatchGAN, Isola et al. 2017, arXiv:1611.07004), the adversarial
gradient scaled to the reconstruction's at the decoder's last layer (Esser et al. 2021, arXiv:2012.09841, equation 7),
feature matching (Salimans et al. 2016, arXiv:1606.03498), differentiable augmentation (Zhao et al. 2020,
arXiv:2006.10738).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from train.config import FitConfig, Refine
from train.objective import Metrics, Pass
from train.schedule import Stage
from tui_vae.model.networks import Parameters

Gradient = Parameters
Push = Callable[
    ["Adversary", jax.Array, Pass, Gradient, Callable[[Pass], tuple[Gradient]], jax.Array],
    tuple[Gradient, "Adversary", Metrics],
]

KERNEL = 4
MAX_BALANCE = 1e4


class Adversary(NamedTuple):
    """The discriminator's weights and its optimizer's state."""

    parameters: Parameters
    optimizer: optax.OptState


def start(settings: Refine, config: FitConfig, stage: Stage) -> Adversary:
    """A fresh discriminator for the configuration's images."""
    widths = [config.architecture.input[2], *settings.discriminator, 1]
    keys = jax.random.split(jax.random.fold_in(jax.random.key(config.run.seed), 1), len(widths))
    init = jax.nn.initializers.variance_scaling(1.0, "fan_in", "normal")
    parameters = {}
    for index, (inside, outside) in enumerate(pairwise(widths)):
        parameters[f"layers/{index}/kernel"] = init(keys[index], (KERNEL, KERNEL, inside, outside), jnp.float32)
        parameters[f"layers/{index}/bias"] = jnp.zeros((outside,))
    return Adversary(parameters, _optimizer(stage.learning_rate).init(parameters))


def judge(parameters: Parameters, images: jax.Array) -> list[jax.Array]:
    """Feature maps of float images (N, H, W, C), the last of them the patches' scores (N, H', W', 1): high is real."""
    x, features = (images - 0.5) * 4.0, []
    last = len(parameters) // 2 - 1
    for index in range(last + 1):
        stride = 1 if index == last else 2
        x = jax.lax.conv_general_dilated(
            x,
            parameters[f"layers/{index}/kernel"],
            (stride, stride),
            "SAME",
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )
        x = x + parameters[f"layers/{index}/bias"]
        x = x if index == last else jax.nn.leaky_relu(x, 0.2)
        features.append(x)
    return features


def hinge(real: jax.Array, decoded: jax.Array) -> jax.Array:
    """The discriminator's loss: scores of real patches above 1 and of decoded ones below -1 cost nothing."""
    return 0.5 * (jnp.mean(jax.nn.relu(1.0 - real)) + jnp.mean(jax.nn.relu(1.0 + decoded)))


def augment(images: jax.Array, key: jax.Array) -> jax.Array:
    """Brightness, saturation, contrast, translation by up to an eighth and a cut-out square, per image and smooth."""
    n, height, width, _ = images.shape
    keys = jax.random.split(key, 5)

    def uniform(index: int, low: float, high: float) -> jax.Array:
        return jax.random.uniform(keys[index], (n, 1, 1, 1), minval=low, maxval=high)

    x = images + uniform(0, -0.5, 0.5)
    grey = x.mean(axis=3, keepdims=True)
    x = (x - grey) * uniform(1, 0.0, 2.0) + grey
    middle = x.mean(axis=(1, 2, 3), keepdims=True)
    x = (x - middle) * uniform(2, 0.5, 1.5) + middle
    reach = jnp.array([height // 8, width // 8])
    shifts = jax.random.randint(keys[3], (n, 2), -reach, reach + 1)
    rows, columns = jnp.arange(height), jnp.arange(width)
    from_row, from_column = rows[None] + shifts[:, :1], columns[None] + shifts[:, 1:]
    x = jnp.take_along_axis(x, jnp.clip(from_row, 0, height - 1)[:, :, None, None], axis=1)
    x = jnp.take_along_axis(x, jnp.clip(from_column, 0, width - 1)[:, None, :, None], axis=2)
    seen = _within(from_row, height)[:, :, None] & _within(from_column, width)[:, None, :]
    corner = jax.random.randint(keys[4], (n, 2), 0, jnp.array([height, width]))
    cut = _near(rows, corner[:, :1], height // 4)[:, :, None] & _near(columns, corner[:, 1:], width // 4)[:, None, :]
    return x * (seen & ~cut)[..., None]


def make_push(settings: Refine, config: FitConfig, stage: Stage) -> Push:
    """Build ``push``: add the adversarial gradient to the reconstruction's, and train the discriminator.

    ``push(adversary, images, passed, gradient, pull_back, key)`` returns the sum, the discriminator after its step and
    metrics. ``pull_back`` takes a gradient of the pass to one of the weights.
    """
    optimizer = _optimizer(stage.learning_rate)
    last = next(reversed([name for name in config.architecture.parameter_shapes() if name.endswith("/kernel")]))

    def view(images: jax.Array, key: jax.Array) -> jax.Array:
        return augment(images, key) if settings.augment else images

    def against(
        outputs: jax.Array, images: jax.Array, weights: Parameters, key: jax.Array
    ) -> tuple[jax.Array, Metrics]:
        # Both under one augmentation: features are to be matched place by place.
        decoded, real = judge(weights, view(outputs, key)), judge(weights, view(images, key))
        fooled = -jnp.mean(decoded[-1])
        gaps = [
            jnp.mean(jnp.abs(a - b)) / (jnp.mean(jnp.abs(b)) + 1e-6)
            for a, b in zip(decoded[:-1], real[:-1], strict=True)
        ]
        matching = jnp.mean(jnp.stack(gaps))
        return fooled + settings.feature_matching * matching, {"adversarial": fooled, "feature_matching": matching}

    def tell_apart(weights: Parameters, images: jax.Array, outputs: jax.Array, key: jax.Array) -> jax.Array:
        keys = jax.random.split(key)
        return hinge(judge(weights, view(images, keys[0]))[-1], judge(weights, view(outputs, keys[1]))[-1])

    def push(
        opponent: Adversary,
        images: jax.Array,
        passed: Pass,
        gradient: Gradient,
        pull_back: Callable[[Pass], tuple[Gradient]],
        key: jax.Array,
    ) -> tuple[Gradient, Adversary, Metrics]:
        keys = jax.random.split(key)
        (_, metrics), of_outputs = jax.value_and_grad(against, has_aux=True)(
            passed.outputs, images, opponent.parameters, keys[0]
        )
        (pull,) = pull_back(jax.tree.map(jnp.zeros_like, passed)._replace(outputs=of_outputs))
        balance = _norm(gradient[last]) / jnp.maximum(_norm(pull[last]), 1e-8) if last in gradient else 1.0
        scale = settings.adversarial * jnp.clip(balance, 0.0, MAX_BALANCE)
        total = jax.tree.map(lambda own, pulled: own + scale * pulled, gradient, pull)

        loss, slope = jax.value_and_grad(tell_apart)(opponent.parameters, images, passed.outputs, keys[1])
        updates, moments = optimizer.update(slope, opponent.optimizer, opponent.parameters)
        after = Adversary(optax.apply_updates(opponent.parameters, updates), moments)
        return (
            total,
            after,
            {
                **metrics,
                "discriminator": loss,
                "discriminator_norm": optax.tree.norm(slope),
                "adversarial_scale": jnp.asarray(scale, jnp.float32),
            },
        )

    return push


def _optimizer(learning_rate: optax.ScalarOrSchedule) -> optax.GradientTransformation:
    return optax.adam(learning_rate, b1=0.5, b2=0.99)


def _norm(x: jax.Array) -> jax.Array:
    return jnp.sqrt(jnp.sum(jnp.square(x)))


def _within(places: jax.Array, size: int) -> jax.Array:
    return (places >= 0) & (places < size)


def _near(places: jax.Array, centre: jax.Array, reach: int) -> jax.Array:
    return jnp.abs(places[None] - centre) <= reach
