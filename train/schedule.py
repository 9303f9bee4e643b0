"""Learning rate and beta as functions of the step, and the stages of a run: data in, jit-friendly callables out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import jax.numpy as jnp
import optax

from train.config import FitConfig, Objective, Refine, Side


@dataclass(frozen=True)
class Stage:
    """One part of a run: ``steps`` steps after the ``first`` ones, with its own loss, optimizer and locked network.

    ``beta`` is a function of the step counted from the run's start, ``learning_rate`` of the step within the stage.
    ``adversary`` holds the settings of a discriminator, where the stage has one.
    """

    name: str
    first: int
    steps: int
    reconstruction: str
    frozen: Side
    learning_rate: optax.Schedule
    beta: optax.Schedule
    adversary: Refine | None = None

    @property
    def last(self) -> int:
        """The number of the stage's last step, counted from 1 at the run's start."""
        return self.first + self.steps


def stages(config: FitConfig, steps_per_epoch: int) -> tuple[Stage, ...]:
    """The main stage and the second one, of which the configuration has either or both."""
    steps = math.ceil(config.run.epochs * steps_per_epoch)
    rate = learning_rate(config, config.optimizer.learning_rate, steps)
    weight = beta(config.objective, steps_per_epoch)
    main = Stage("main", 0, steps, config.objective.reconstruction, "none", rate, weight)
    refine = config.refine
    more = math.ceil(refine.epochs * steps_per_epoch)
    if not more:
        return (main,)
    second = Stage(
        "refine",
        steps,
        more,
        refine.reconstruction or config.objective.reconstruction,
        refine.freeze,
        learning_rate(config, refine.learning_rate, more),
        # With the encoder locked the KL term is a constant: reconstruction only.
        optax.constant_schedule(0.0) if refine.freeze == "encoder" else weight,
        refine if refine.adversarial else None,
    )
    return (main, second) if steps else (second,)


def learning_rate(config: FitConfig, peak: float, steps: int) -> optax.Schedule:
    """Linear warm-up to the peak, then the peak, or a cosine down to a fiftieth of it at the last of ``steps``."""
    warmup = min(config.optimizer.warmup_steps, max(1, steps // 5))
    after = _after_steps(config, peak, steps, warmup)
    # The first step is one step into the warm-up: at a rate of 0 it would be lost.
    return lambda step: after(step + 1)


def _after_steps(config: FitConfig, peak: float, steps: int, warmup: int) -> optax.Schedule:
    if config.optimizer.decay == "constant":
        return optax.linear_schedule(0.0, peak, warmup) if warmup else optax.constant_schedule(peak)
    return optax.warmup_cosine_decay_schedule(0.0, peak, warmup, max(steps, warmup + 1), peak / 50)


def beta(objective: Objective, steps_per_epoch: int) -> optax.Schedule:
    """The weight of the KL term at a step counted from 0.

    Nothing for the delay, then linear from 0 to ``beta`` over the warm-up (Bowman et al. 2016, arXiv:1511.06349), anew
    in each period where there is one (Fu et al. 2019, arXiv:1903.10145), and 1 more from each of the increments' epochs
    on. An epoch e begins at step ``e * steps_per_epoch``.
    """

    def weight(step: jnp.ndarray | int) -> jnp.ndarray:
        # In whole steps: float32 epochs could fall on the wrong side of a boundary.
        begun = jnp.asarray(step)
        place = begun % max(1, _steps(objective.beta_period_epochs)) if objective.beta_period_epochs else begun
        risen = place - _steps(objective.beta_delay_epochs)
        warmup = _steps(objective.beta_warmup_epochs)
        share = jnp.clip(risen / warmup, 0.0, 1.0) if warmup else jnp.where(risen >= 0, 1.0, 0.0)
        more = sum(jnp.where(begun >= _steps(epoch), 1.0, 0.0) for epoch in objective.beta_increments)
        return objective.beta * share + more

    def _steps(epochs: float) -> int:
        # A step is an int32; what comes later never comes.
        return round(min(epochs * steps_per_epoch, 2**31 - 1))

    return weight
