"""Bars by name: ``PC 1``, ``z 12``, ``smiling``; traversals and grids along them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from math import asin, pi

import numpy as np

from tui_vae.errors import UserError
from tui_vae.latent.axes import Axes, Vector
from tui_vae.latent.space import LatentSpace


@dataclass(frozen=True)
class Bar:
    """One bar of one kind of axes."""

    axes: Axes
    index: int

    @property
    def label(self) -> str:
        """What the explorer calls it."""
        return self.axes.labels[self.index]

    def points(self, z: Vector, values: Vector) -> Vector:
        """Points (N, L) around ``z`` (L,): the bar stands at each of ``values`` (N,), in sigma."""
        now = float(self.axes.values(z)[self.index])
        return np.stack([self.axes.move(z, self.index, float(value) - now) for value in values])

    def swing(self, z: Vector, reach: float, count: int) -> Vector:
        """Points (N, L) of a loop that begins at ``z``: up to ``reach`` sigma, down to the opposite, and nearly back.

        It slows down where it turns. A bar that stands further out than ``reach`` goes as far as it stands.
        """
        now = float(self.axes.values(z)[self.index])
        reach = max(reach, abs(now))
        phase = asin(now / reach) + 2 * pi * np.arange(count) / count
        return self.points(z, (reach * np.sin(phase)).astype(np.float32))


def find(space: LatentSpace, name: str) -> Bar:
    """The bar of this name; case, spaces and underscores do not matter.

    Raises:
        UserError: there is none.
    """
    wanted = _plain(name)
    known = {
        _plain(label): Bar(axes, index) for axes in reversed(space.axes) for index, label in enumerate(axes.labels)
    }
    if wanted in known:
        return known[wanted]
    near = [known[key].label for key in difflib.get_close_matches(wanted, known, n=3, cutoff=0.6)]
    kinds = ", ".join(f"{axes.labels[0]} to {axes.labels[-1]}" for axes in space.axes if axes.labels)
    raise UserError(f"no bar named {name!r}; " + (f"did you mean {', '.join(near)}?" if near else f"there are {kinds}"))


def find_all(space: LatentSpace, names: str) -> list[Bar]:
    """The bars of a list with commas.

    Raises:
        UserError: there is none of a name, or no name.
    """
    parts = [part for part in names.split(",") if part.strip()]
    if not parts:
        raise UserError(f"{names!r}: expected names of bars, with commas between them")
    return [find(space, part.strip()) for part in parts]


def steps(reach: float, count: int) -> Vector:
    """``count`` values evenly from ``-reach`` to ``reach``, 0 in the middle of an odd number; a single one is 0."""
    if count == 1:
        return np.zeros(1, np.float32)
    return np.linspace(-reach, reach, count).astype(np.float32)


def grid(z: Vector, down: Bar, across: Bar, rows: Vector, columns: Vector) -> Vector:
    """Points (R * C, L) around ``z`` (L,), row by row: ``rows`` (R,) sigma on a bar, ``columns`` (C,) on another.

    Both steps are taken from ``z``: where the directions are correlated, as attributes are, each moves the other's bar.
    """
    return np.concatenate([across.points(z, columns) + (line - z) for line in down.points(z, rows)])


def _plain(name: str) -> str:
    return name.casefold().replace("_", "").replace(" ", "")
