"""Learning rate and beta as functions of the step: plain data in, jit-friendly callables out."""

from __future__ import annotations

import optax

from train.config import FitConfig


def learning_rate(config: FitConfig, steps: int) -> optax.Schedule:
    """Linear warm-up to the peak, then a cosine down to a fiftieth of it at the last of ``steps``."""
    peak = config.optimizer.learning_rate
    warmup = min(config.optimizer.warmup_steps, max(1, steps // 5))
    return optax.warmup_cosine_decay_schedule(0.0, peak, warmup, max(steps, warmup + 1), peak / 50)


def beta(config: FitConfig, steps_per_epoch: int) -> optax.Schedule:
    """Linear from 0 to ``beta`` over ``beta_warmup_epochs``, then constant (Bowman et al. 2016, arXiv:1511.06349)."""
    steps = round(config.objective.beta_warmup_epochs * steps_per_epoch)
    if steps == 0:
        return optax.constant_schedule(config.objective.beta)
    return optax.linear_schedule(0.0, config.objective.beta, steps)
