"""Standard normal draws by seed: the same numbers for the same seed in every release."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from tui_vae.latent.axes import Vector

Seed = int | tuple[int, ...]
Source = Literal["atlas", "posterior", "prior"]
SOURCES: tuple[Source, ...] = get_args(Source)
USUAL: Source = "atlas"

MIN_TRUNCATION = 0.1


def normal(seed: Seed | np.random.Generator, count: int, truncation: float | None = None) -> Vector:
    """``count`` standard normal numbers (count,); with ``truncation`` none is further from zero than that many sigma.

    A generator goes on from where it is.

    Numbers beyond are drawn again until they are within, which is the truncated normal distribution; those that were
    within stay what they are without truncation.

    Raises:
        ValueError: a truncation below 0.1, or one that is no number.
    """
    rng = np.random.default_rng(seed)
    numbers = rng.standard_normal(count).astype(np.float32)
    if truncation is None:
        return numbers
    _check(truncation)
    while (beyond := np.abs(numbers) > truncation).any():
        numbers[beyond] = rng.standard_normal(int(beyond.sum())).astype(np.float32)
    return numbers


def held(numbers: Vector, truncation: float) -> Vector:
    """The numbers, those that are further from zero than ``truncation`` brought back to it.

    Raises:
        ValueError: a truncation below 0.1, or one that is no number.
    """
    _check(truncation)
    return np.clip(numbers, np.float32(-truncation), np.float32(truncation))


def _check(truncation: float) -> None:
    if not truncation >= MIN_TRUNCATION:
        raise ValueError(f"truncation is at {MIN_TRUNCATION} sigma or more, not {truncation:g}")
