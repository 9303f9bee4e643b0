"""Settings that do nothing are told, and settings that do something are not."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from train import presets
from train.config import FitConfig
from train.remarks import remarks


def changed(config: FitConfig, **tables: dict[str, Any]) -> FitConfig:
    parts = {name: dataclasses.replace(getattr(config, name), **values) for name, values in tables.items()}
    return dataclasses.replace(config, **parts)


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ({"refine": {"adversarial": 0.1}}, ["refine.adversarial has no effect without refine.epochs"]),
        ({"refine": {"adversarial": 0.1, "epochs": 1.0}}, []),
        ({"refine": {"augment": False, "epochs": 1.0}}, ["refine.augment has no effect without refine.adversarial"]),
        ({"objective": {"sigma": 0.5, "reconstruction": "laplace"}}, ["objective.sigma has no effect without mse"]),
        ({"objective": {"sigma": 0.5, "reconstruction": "0.5 * ms_ssim + 0.5 * l1"}}, []),
        (
            {
                "objective": {"sigma": 0.5, "reconstruction": "laplace"},
                "refine": {"epochs": 1.0, "reconstruction": "mse"},
            },
            [],
        ),
        ({"objective": {"beta": 0.0, "free_bits": 0.1}}, ["objective.free_bits has no effect with objective.beta = 0"]),
        ({"objective": {"beta": 0.0, "free_bits": 0.1, "beta_increments": (1.0,)}}, []),
        ({"objective": {"beta_delay_epochs": 20.0}}, ["objective.beta has no effect: beta_delay_epochs"]),
        ({"objective": {"beta_increments": (2.0, 30.0)}}, ["objective.beta_increments has no effect from epoch 30 on"]),
        (
            {"objective": {"free_bits": 0.1, "total_correlation": 2.0}, "refine": {"epochs": 1.0}},
            ["objective.free_bits has no effect in the second stage", "objective.total_correlation has no effect in"],
        ),
        ({"objective": {"free_bits": 0.1}, "refine": {"epochs": 1.0, "freeze": "decoder"}}, []),
        ({"optimizer": {"name": "adam", "weight_decay": 0.1}}, ["optimizer.weight_decay has no effect with adam"]),
        ({"optimizer": {"weight_decay": 0.1}}, []),
        (
            {"run": {"steps_per_dispatch": 5}},
            ["run.steps_per_dispatch has no effect with images that wait on the host"],
        ),
    ],
)
def test_what_has_no_effect_is_told(tables: dict[str, Any], told: list[str], tiny_config: FitConfig) -> None:
    lines = remarks(changed(tiny_config, **tables), images_on_device=False)
    assert len(lines) == len(told) and all(line.startswith(start) for line, start in zip(lines, told, strict=True))
    assert all("\n" not in line for line in lines)


def test_steps_of_a_dispatch_count_where_images_are_on_the_device(tiny_config: FitConfig) -> None:
    assert remarks(changed(tiny_config, run={"steps_per_dispatch": 5}), images_on_device=True) == []


@pytest.mark.parametrize("name", presets.names())
def test_no_preset_says_what_it_does_not_do(name: str) -> None:
    assert remarks(presets.load(name), images_on_device=True) == []
