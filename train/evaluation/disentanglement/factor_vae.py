"""The FactorVAE score: Kim & Mnih 2018, arXiv:1802.05983, section 4, on real items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from train.evaluation.disentanglement.dimensions import Codes, Latents, Mask, varying

# Votes as in the paper; items of a group: at most so many, and half of those that have the value in their half.
VOTES, GROUP, LEAST_GROUP = 800, 64, 8

Votes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FactorVae:
    """``score`` in [0, 1], and what guessing would give (``chance``); both ``None`` of fewer than two factors.

    ``used`` tells of each factor whether groups could be made, ``groups`` how many items the smallest and largest group
    had, ``votes`` how many votes were scored.
    """

    score: float | None
    chance: float | None
    used: tuple[bool, ...]
    groups: tuple[int, int]
    votes: int


def factor_vae(latents: Latents, factors: Codes, first: Mask, seed: int = 0, votes: int = VOTES) -> FactorVae:
    """Accuracy with which the dimension that varies least in a group tells what the group has in common.

    ``latents`` (N, L) and ``factors`` (N, F) as for MIG. The paper makes images with one factor fixed and all others
    drawn at random; of real items there is no such generator, so a group is real items that share a factor's value, and
    other factors vary in it as the data has it: factors that go together in the data cannot be told apart by this.

    A vote: a factor, one of its values, and up to 64 different items that have it (half of all that have it, so that
    groups differ; values with fewer than 16 items in a half are not asked for). Of each dimension the variance in the
    group over the variance of all items is taken, and the dimension where that is least votes for the factor. 800 votes
    from the half ``first`` (N,) say what each dimension means (majority), and 800 votes from the other half are scored.
    """
    kept = varying(latents).astype(np.float64)
    usable = [[_groups(values, half) for values in factors.T] for half in (first, ~first)]
    used = tuple(all(bool(half[place]) for half in usable) for place in range(factors.shape[1]))
    asked = [place for place, yes in enumerate(used) if yes]
    if len(asked) < 2:
        return FactorVae(None, None, used, (0, 0), 0)
    sizes = [len(rows) // 2 for half in usable for place in asked for rows in half[place]]
    smallest, largest = min(GROUP, min(sizes)), min(GROUP, max(sizes))
    chance = 1 / len(asked)
    if not kept.shape[1]:
        return FactorVae(chance, chance, used, (smallest, largest), votes)
    unit = kept / kept.std(axis=0)
    unit = unit[:, np.lexsort(unit[::-1])]  # so that equals share their votes alike in any order
    rng = np.random.default_rng(seed)
    table, scored = (_vote(unit, half, asked, votes, rng) for half in usable)
    meaning = table.argmax(axis=1)
    right = scored[np.arange(len(meaning)), meaning].sum()
    return FactorVae(float(right / votes), chance, used, (smallest, largest), votes)


def _groups(values: npt.NDArray[np.int32], half: Mask) -> list[Votes]:
    """Rows of each value that has enough items in the half."""
    found = (np.flatnonzero(half & (values == value)) for value in np.unique(values[values >= 0]))
    return [rows for rows in found if len(rows) >= 2 * LEAST_GROUP]


def _vote(
    unit: npt.NDArray[np.float64], groups: list[list[Votes]], asked: list[int], votes: int, rng: np.random.Generator
) -> Votes:
    """Votes (V, F') of each dimension for each factor; every factor is asked for equally often."""
    table = np.zeros((unit.shape[1], len(asked)), np.int64)
    for number in range(votes):
        column = number % len(asked)
        values = groups[asked[column]]
        rows = values[rng.integers(len(values))]
        group = rng.choice(rows, min(GROUP, len(rows) // 2), replace=False)
        table[unit[group].var(axis=0).argmin(), column] += 1
    return table
