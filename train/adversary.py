"""The second stage's opponent: a patch discriminator that tells real images from decoded ones.

Hinge loss (Lim & Ye 2017, arXiv:1705.02894), patches (PatchGAN, Isola et al. 2017, arXiv:1611.07004), the adversarial
gradient scaled to the reconstruction's (Esser et al. 2021, arXiv:2012.09841, equation 7, but at the decoded images and
not at the decoder's last layer: so both go back through the decoder as one), feature matching (Salimans et al. 2016,
arXiv:1606.03498), differentiable augmentation (Zhao et al. 2020, arXiv:2006.10738).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from train.config import FitConfig, Refine
from train.objective import Metrics
from tui_vae.model.networks import Parameters

Push = Callable[
    ["Adversary", jax.Array, jax.Array, jax.Array, jax.Array],
    tuple[jax.Array, "Adversary", Metrics],
]

KERNEL = 4
MAX_BALANCE = 1e4


class Adversary(NamedTuple):
    """The discriminator's weights and its optimizer's state."""

    parameters: Parameters
    optimizer: optax.OptState


def start(settings: Refine, config: FitConfig) -> Adversary:
    """A fresh discriminator for the configuration's images."""
    widths = [config.architecture.input[2], *settings.discriminator, 1]
    keys = jax.random.split(jax.random.fold_in(jax.random.key(config.run.seed), 1), len(widths))
    init = jax.nn.initializers.variance_scaling(1.0, "fan_in", "normal")
    parameters = {}
    for index, (inside, outside) in enumerate(pairwise(widths)):
        parameters[f"layers/{index}/kernel"] = init(keys[index], (KERNEL, KERNEL, inside, outside), jnp.float32)
        parameters[f"layers/{index}/bias"] = jnp.zeros((outside,))
    return Adversary(parameters, _optimizer(settings).init(parameters))


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
    # As products with rows of the identity: the slope of a gather is a scatter, which is slow. Off the edge is black.
    x = jnp.einsum("nij,njwc->niwc", jax.nn.one_hot(rows + shifts[:, :1], height), x)
    x = jnp.einsum("nij,nhjc->nhic", jax.nn.one_hot(columns + shifts[:, 1:], width), x)
    corner = jax.random.randint(keys[4], (n, 2), 0, jnp.array([height, width]))
    cut = _near(rows, corner[:, :1], height // 4)[:, :, None] & _near(columns, corner[:, 1:], width // 4)[:, None, :]
    return x * ~cut[..., None]


def make_push(settings: Refine) -> Push:
    """Build ``push``: add the adversarial gradient to the reconstruction's, and train the discriminator.

    ``push(adversary, images, outputs, of_outputs, key)`` takes float images and decoded ones (N, H, W, C) and the
    loss's gradient with respect to the decoded ones. It returns that gradient with the adversarial one added, which is
    ``adversarial`` times as long, the discriminator after its step, and metrics.
    """
    optimizer = _optimizer(settings)

    def opinion(decoded: list[jax.Array], real: list[jax.Array]) -> tuple[jax.Array, Metrics]:
        fooled = -jnp.mean(decoded[-1])
        gaps = [
            jnp.mean(jnp.abs(a - b)) / (jnp.mean(jnp.abs(b)) + 1e-6)
            for a, b in zip(decoded[:-1], real[:-1], strict=True)
        ]
        matching = jnp.mean(jnp.stack(gaps))
        return fooled + settings.feature_matching * matching, {"adversarial": fooled, "feature_matching": matching}

    def push(
        opponent: Adversary, images: jax.Array, outputs: jax.Array, of_outputs: jax.Array, key: jax.Array
    ) -> tuple[jax.Array, Adversary, Metrics]:
        def both(weights: Parameters, outputs: jax.Array) -> tuple[list[jax.Array], list[jax.Array]]:
            # Under one augmentation: features are to be matched place by place.
            seen = [augment(x, key) if settings.augment else x for x in (outputs, images)]
            return judge(weights, seen[0]), judge(weights, seen[1])

        # One pass serves both sides of the game.
        (decoded, real), pull_back = jax.vjp(both, opponent.parameters, outputs)
        (_, metrics), of_decoded = jax.value_and_grad(opinion, has_aux=True)(decoded, real)
        nothing = jax.tree.map(jnp.zeros_like, real)
        _, pull = pull_back((of_decoded, nothing))
        scale = settings.adversarial * jnp.minimum(_norm(of_outputs) / jnp.maximum(_norm(pull), 1e-12), MAX_BALANCE)

        loss, (of_real, of_fake) = jax.value_and_grad(hinge, argnums=(0, 1))(real[-1], decoded[-1])
        slope, _ = pull_back(([*nothing[:-1], of_fake], [*nothing[:-1], of_real]))
        updates, moments = optimizer.update(slope, opponent.optimizer, opponent.parameters)
        after = Adversary(optax.apply_updates(opponent.parameters, updates), moments)
        metrics |= {"discriminator": loss, "discriminator_norm": optax.tree.norm(slope), "adversarial_scale": scale}
        return of_outputs + scale * pull, after, metrics

    return push


def _optimizer(settings: Refine) -> optax.GradientTransformation:
    # At the peak rate throughout: while the network's own rate warms up, the discriminator learns what to look at.
    return optax.adam(settings.learning_rate, b1=0.5, b2=0.99)


def _norm(x: jax.Array) -> jax.Array:
    return jnp.sqrt(jnp.sum(jnp.square(x)))


def _near(places: jax.Array, centre: jax.Array, reach: int) -> jax.Array:
    return jnp.abs(places[None] - centre) <= reach
