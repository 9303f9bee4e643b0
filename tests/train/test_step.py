"""One training step: what it changes, what it leaves alone, and the second stage's opponent."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from train import adversary
from train.config import FitConfig, Optimizer, Refine
from train.initial import initialise
from train.objective import Metrics
from train.schedule import Stage, stages
from train.step import TrainState, make_step, start
from tui_vae.model import networks
from tui_vae.model.architecture import Architecture

BATCH = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3), np.uint8)


def take(config: FitConfig, stage: Stage, state: TrainState, steps: int = 1) -> tuple[TrainState, Metrics]:
    step = jax.jit(make_step(networks.build(config.architecture), config, stage, len(BATCH)))
    for _ in range(steps):
        state, metrics = step(state, BATCH)
    return state, metrics


def refining(config: FitConfig, **settings: Any) -> tuple[FitConfig, Stage]:
    changed = dataclasses.replace(config, refine=Refine(epochs=1.0, discriminator=(8, 16), **settings))
    return changed, stages(changed, 10)[1]


def test_a_step_that_is_not_finite_changes_nothing_and_is_counted(tiny_config: FitConfig) -> None:
    stage = stages(tiny_config, 10)[0]
    parameters = initialise(tiny_config.architecture, 0)
    poisoned = {**parameters, "decoder/stem/bias": jnp.full_like(parameters["decoder/stem/bias"], jnp.nan)}
    after, _ = take(tiny_config, stage, start(poisoned, tiny_config, stage))
    assert int(after.skipped) == 1 and int(after.step) == 1
    for name, value in poisoned.items():
        np.testing.assert_array_equal(after.parameters[name], value)
    healthy, _ = take(tiny_config, stage, start(parameters, tiny_config, stage), 2)
    assert int(healthy.skipped) == 0
    assert any((healthy.parameters[name] != value).any() for name, value in parameters.items())


@pytest.mark.parametrize("adversarial", [0.0, 0.5])
@pytest.mark.parametrize(("locked", "free"), [("encoder/", "decoder/"), ("decoder/", "encoder/")])
def test_the_second_stage_leaves_the_locked_network_alone_to_the_bit(
    locked: str, free: str, adversarial: float, tiny_config: FitConfig
) -> None:
    config, stage = refining(tiny_config, freeze=locked[:-1], adversarial=adversarial)
    parameters = initialise(config.architecture, 0)
    after, metrics = take(config, stage, start(parameters, config, stage), 3)
    for weights in (after.parameters, after.ema):
        for name, value in weights.items():
            same = np.asarray(value).tobytes() == np.asarray(parameters[name]).tobytes()
            assert same == name.startswith(locked), name
    assert ("discriminator" in metrics) == bool(adversarial)
    assert (float(metrics["beta"]) == 0.0) == (locked == "encoder/")


def test_the_discriminator_learns_to_tell_real_from_decoded(tiny_config: FitConfig) -> None:
    steady = dataclasses.replace(tiny_config.optimizer, decay="constant", warmup_steps=0)
    config, stage = refining(
        dataclasses.replace(tiny_config, optimizer=steady), adversarial=1e-3, learning_rate=2e-3, augment=False
    )
    state = start(initialise(config.architecture, 0), config, stage)
    early, first = take(config, stage, state, 1)
    late, last = take(config, stage, early, 60)
    assert float(last["discriminator"]) < 0.8 * float(first["discriminator"])
    assert late.adversary is not None
    real = adversary.judge(late.adversary.parameters, jnp.asarray(BATCH / 255.0, jnp.float32))[-1]
    grey = adversary.judge(late.adversary.parameters, jnp.full((1, 16, 16, 3), 0.5))[-1]
    assert float(real.mean()) > float(grey.mean()) + 0.3


def test_the_adversarial_gradient_is_as_long_as_its_weight_says(tiny_config: FitConfig) -> None:
    weight = 0.25
    config, _ = refining(tiny_config, adversarial=weight, feature_matching=0.0)
    push = adversary.make_push(config.refine)
    opponent = adversary.start(config.refine, config)
    images = jnp.asarray(BATCH / 255.0, jnp.float32)
    own = jnp.ones_like(images)
    total, _, metrics = push(opponent, images, 0.9 * images, own, jax.random.key(0))
    assert float(jnp.linalg.norm(total - own) / jnp.linalg.norm(own)) == pytest.approx(weight, rel=1e-3)

    # It leads to where the discriminator scores higher, under the augmentation that it was seen with.
    def score(outputs: jax.Array) -> float:
        return float(adversary.judge(opponent.parameters, adversary.augment(outputs, jax.random.key(0)))[-1].mean())

    assert (
        score(0.9 * images - 1e-4 * (total - own))
        > score(0.9 * images)
        == pytest.approx(-float(metrics["adversarial"]))
    )


def test_augmentation_keeps_shapes_moves_pixels_and_has_a_slope() -> None:
    images = jnp.asarray(BATCH / 255.0, jnp.float32)
    seen = adversary.augment(images, jax.random.key(3))
    assert float((seen == 0).mean()) > 0.05  # what was cut out, and what came in from beyond the edge
    assert seen.shape == images.shape and float(jnp.abs(seen - images).mean()) > 0.05
    slope = jax.grad(lambda x: adversary.augment(x, jax.random.key(3)).sum())(images)
    assert bool(jnp.isfinite(slope).all()) and float(jnp.abs(slope).max()) > 0.0


def test_hinge_loss_is_nothing_once_all_patches_are_told_apart() -> None:
    assert float(adversary.hinge(jnp.array([1.5]), jnp.array([-2.0]))) == 0.0
    assert float(adversary.hinge(jnp.array([0.0]), jnp.array([0.0]))) == 1.0


@pytest.mark.parametrize(
    "change",
    [
        {"optimizer": Optimizer(name="rmsprop", clip_norm=0.0)},
        {"optimizer": Optimizer(name="adam", decay="constant")},
        {"compute": "bfloat16"},
        {"reconstruction": "0.5 * ms_ssim + l1", "free_bits": 0.1, "total_correlation": 2.0},
    ],
)
def test_every_setting_trains(change: dict[str, Any], tiny_config: FitConfig) -> None:
    config = tiny_config
    if "optimizer" in change:
        config = dataclasses.replace(config, optimizer=dataclasses.replace(change["optimizer"], warmup_steps=0))
    elif "compute" in change:
        config = dataclasses.replace(config, run=dataclasses.replace(config.run, compute="bfloat16"))
    else:
        config = dataclasses.replace(config, objective=dataclasses.replace(config.objective, **change))
    stage = stages(config, 10)[0]
    state = start(initialise(config.architecture, 0), config, stage)
    _, first = take(config, stage, state, 1)
    after, last = take(config, stage, state, 30)
    assert float(last["reconstruction"]) < float(first["reconstruction"])
    assert all(value.dtype == jnp.float32 for value in after.parameters.values())
    assert ("total_correlation" in last) == ("total_correlation" in change)


def test_a_fully_connected_network_trains(tiny_config: FitConfig) -> None:
    table = {"input": [16, 16, 3], "latent": 2, "dense": [32], "output": "sigmoid"}
    config = dataclasses.replace(tiny_config, architecture=Architecture.from_dict(table))
    config = dataclasses.replace(config, objective=dataclasses.replace(config.objective, reconstruction="bce"))
    stage = stages(config, 10)[0]
    state = start(initialise(config.architecture, 0), config, stage)
    _, first = take(config, stage, state, 1)
    _, last = take(config, stage, state, 40)
    assert float(last["reconstruction"]) < float(first["reconstruction"])
