"""Settings that do nothing in the run that they are given for: said once at its start."""

from __future__ import annotations

import dataclasses

from train.config import FitConfig, Objective, Optimizer, Refine, Run
from train.mixture import parse

# Of these terms the scale is ``objective.sigma``; the others find theirs, or have none.
SCALED = ("mse", "l1")


def remarks(config: FitConfig, images_on_device: bool) -> list[str]:
    """A line for each setting that was changed from its default and has no effect, in the order of the tables."""
    return [*_objective(config), *_optimizer(config), *_run(config, images_on_device), *_refine(config)]


def _objective(config: FitConfig) -> list[str]:
    objective, refine = config.objective, config.refine
    changed = _changed(objective, Objective())
    lines = []
    mixtures = [objective.reconstruction, *([refine.reconstruction] if refine.epochs and refine.reconstruction else [])]
    if "sigma" in changed and not any(term in SCALED for mixture in mixtures for _, term in parse(mixture)):
        lines.append("objective.sigma has no effect without mse or l1: calibrated terms find their scale")
    if not objective.beta and not objective.beta_increments:
        without = ("beta_delay_epochs", "beta_warmup_epochs", "beta_period_epochs", "free_bits")
        lines += [f"objective.{name} has no effect with objective.beta = 0" for name in without if name in changed]
    elif config.run.epochs and objective.beta_delay_epochs >= (end := _beta_ends(config)):
        lines.append(f"objective.beta has no effect: beta_delay_epochs is not over when the {end:g} epochs are")
    late = [epoch for epoch in objective.beta_increments if epoch >= _beta_ends(config)]
    if late:
        lines.append(
            f"objective.beta_increments has no effect from epoch {min(late):g} on: the KL term has ended by then"
        )
    if refine.epochs and refine.freeze == "encoder":
        lines += [
            f"objective.{name} has no effect in the second stage: the encoder is locked, and the KL term constant"
            for name in ("free_bits", "total_correlation")
            if name in changed
        ]
    return lines


def _beta_ends(config: FitConfig) -> float:
    """The epoch after which the KL term counts no more."""
    return config.run.epochs + (config.refine.epochs if config.refine.freeze != "encoder" else 0.0)


def _optimizer(config: FitConfig) -> list[str]:
    if config.optimizer.name != "adamw" and "weight_decay" in _changed(config.optimizer, Optimizer()):
        return [f"optimizer.weight_decay has no effect with {config.optimizer.name}"]
    return []


def _run(config: FitConfig, images_on_device: bool) -> list[str]:
    if "steps_per_dispatch" in _changed(config.run, Run()) and not images_on_device:
        return ["run.steps_per_dispatch has no effect with images that wait on the host"]
    return []


def _refine(config: FitConfig) -> list[str]:
    refine = config.refine
    changed = _changed(refine, Refine())
    if not refine.epochs:
        return [f"refine.{name} has no effect without refine.epochs" for name in changed]
    if refine.adversarial:
        return []
    without = ("feature_matching", "discriminator", "augment")
    return [f"refine.{name} has no effect without refine.adversarial" for name in without if name in changed]


def _changed(settings: Objective | Optimizer | Run | Refine, usual: Objective | Optimizer | Run | Refine) -> list[str]:
    names = (item.name for item in dataclasses.fields(usual))
    return [name for name in names if getattr(settings, name) != getattr(usual, name)]
