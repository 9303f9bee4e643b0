"""Beta and learning rate at their corners, and the stages of a run."""

from __future__ import annotations

import dataclasses

import pytest

from train import schedule
from train.config import FitConfig, Objective, Refine
from train.schedule import stages

PER_EPOCH = 7


def beta_at(objective: Objective, *epochs: float, before: int = 0) -> list[float]:
    """Beta at the first step of each epoch, or so many steps before it."""
    weight = schedule.beta(objective, PER_EPOCH)
    return [float(weight(round(epoch * PER_EPOCH) - before)) for epoch in epochs]


def test_the_two_stage_schedule_at_every_corner() -> None:
    alone, rise, listed = 20, 100, (150.0, 160.0, 175.0)
    objective = Objective(
        beta=1.0, beta_delay_epochs=alone, beta_warmup_epochs=rise, beta_increments=listed, reconstruction="mse"
    )
    assert beta_at(objective, 0, alone) == [0.0, 0.0]
    assert beta_at(objective, alone + rise - 1, alone + rise) == pytest.approx([(rise - 1) / rise, 1.0])
    assert beta_at(objective, *listed) == pytest.approx([2.0, 3.0, 4.0])
    assert beta_at(objective, *listed, before=1) == pytest.approx([1.0, 2.0, 3.0])
    assert beta_at(objective, 149, 1000) == pytest.approx([1.0, 4.0])


def test_constant_warm_up_and_cyclical() -> None:
    assert beta_at(Objective(beta=4.0, beta_warmup_epochs=0.0), 0, 1, 50) == [4.0, 4.0, 4.0]
    assert beta_at(Objective(beta=2.0, beta_warmup_epochs=2.0), 0, 1, 2, 9) == pytest.approx([0.0, 1.0, 2.0, 2.0])
    cyclical = Objective(beta=1.0, beta_warmup_epochs=5.0, beta_period_epochs=10.0)
    for first in (0, 10, 30):
        assert beta_at(cyclical, first, first + 1, first + 5, first + 9) == pytest.approx([0.0, 0.2, 1.0, 1.0])


def test_what_begins_after_any_run_never_begins() -> None:
    assert beta_at(Objective(beta=1.0, beta_delay_epochs=1e9), 0, 10**6) == [0.0, 0.0]
    late = Objective(beta=1.0, beta_warmup_epochs=0.0, beta_increments=(1e300,))
    assert beta_at(late, 10**6) == [1.0]


def test_learning_rates(tiny_config: FitConfig) -> None:
    peak, warmup = tiny_config.optimizer.learning_rate, tiny_config.optimizer.warmup_steps
    cosine = schedule.learning_rate(tiny_config, peak, 1000)
    rates = [float(cosine(step)) for step in (0, warmup - 1, 999)]
    assert rates == pytest.approx([peak / warmup, peak, peak / 50])
    steady = dataclasses.replace(
        tiny_config, optimizer=dataclasses.replace(tiny_config.optimizer, decay="constant", warmup_steps=0)
    )
    assert float(schedule.learning_rate(steady, peak, 1000)(0)) == pytest.approx(peak)
    assert float(schedule.learning_rate(steady, peak, 1000)(999)) == pytest.approx(peak)


def test_stages_follow_each_other(tiny_config: FitConfig) -> None:
    run = dataclasses.replace(tiny_config.run, epochs=3.0)
    assert [stage.name for stage in stages(dataclasses.replace(tiny_config, run=run), PER_EPOCH)] == ["main"]
    config = dataclasses.replace(tiny_config, run=run, refine=Refine(epochs=2.0, reconstruction="l1", adversarial=0.5))
    main, refine = stages(config, PER_EPOCH)
    assert (main.first, main.last, refine.first, refine.last) == (0, 21, 21, 35)
    assert (main.frozen, refine.frozen) == ("none", "encoder")
    assert (main.reconstruction, refine.reconstruction) == (config.objective.reconstruction, "l1")
    assert main.adversary is None and refine.adversary is config.refine
    assert float(refine.beta(30)) == 0.0  # reconstruction only
    other = stages(dataclasses.replace(config, refine=Refine(epochs=2.0, freeze="decoder")), PER_EPOCH)[1]
    assert other.frozen == "decoder" and float(other.beta(30)) == 1.0 and other.adversary is None
    assert other.reconstruction == config.objective.reconstruction


def test_the_second_stage_can_stand_alone(tiny_config: FitConfig) -> None:
    run = dataclasses.replace(tiny_config.run, epochs=0.0)
    (alone,) = stages(dataclasses.replace(tiny_config, run=run, refine=Refine(epochs=2.0)), PER_EPOCH)
    assert (alone.name, alone.first, alone.last, alone.frozen) == ("refine", 0, 14, "encoder")
