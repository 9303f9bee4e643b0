"""What can be rendered: single faces, ways between two, traversals, grids, chosen faces; as sheets and as films."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

import numpy as np

from tui_vae.errors import UserError
from tui_vae.latent.axes import Axes, Vector
from tui_vae.latent.journey import Way, between
from tui_vae.latent.motion import place
from tui_vae.latent.space import Atlas
from tui_vae.latent.tours import Tour
from tui_vae.render.film import Film
from tui_vae.render.sheet import Sheet
from tui_vae.render.traversal import Bar, grid, steps

COLUMNS: Final = 10


def faces(latents: Vector, captions: Sequence[str]) -> Sheet:
    """Points (N, L) with a caption each."""
    return Sheet(latents, min(COLUMNS, len(latents)), captions)


def item_caption(atlas: Atlas, index: int) -> str:
    """``12: 10839``: an item by its place, and its name without folder and suffix where that says more."""
    stem = PurePath(atlas.names[index]).stem
    return str(index) if stem in ("", str(index)) else f"{index}: {stem}"


def way(start: Vector, end: Vector, count: int, kind: Way, pca: Axes) -> Vector:
    """``count`` evenly spaced points (count, L), both ends included."""
    return np.stack([between(start, end, float(position), kind, pca) for position in np.linspace(0.0, 1.0, count)])


def interpolation(latents: Vector, first: str, last: str) -> Sheet:
    """A way (N, L) between two faces, its ends named, the others by how far along they are."""
    between_them = [f"{100 * number / (len(latents) - 1):.0f}%" for number in range(1, len(latents) - 1)]
    return faces(latents, [first, *between_them, last])


def traversals(z: Vector, bars: Sequence[Bar], reach: float, count: int) -> Sheet:
    """One row for each bar, ``count`` faces from ``-reach`` to ``reach`` sigma."""
    values = steps(reach, count)
    rows = np.concatenate([bar.points(z, values) for bar in bars])
    return Sheet(rows, count, tops=[sigma(value) for value in values], sides=[bar.label for bar in bars])


def swings(z: Vector, bars: Sequence[Bar], reach: float, count: int, fps: float) -> Film:
    """One bar after another goes up, down and back, ``count`` pictures each; the film ends where it begins."""
    return Film(np.concatenate([bar.swing(z, reach, count) for bar in bars]), fps)


def plane(z: Vector, down: Bar, across: Bar, reach: float, count: int) -> Sheet:
    """``count`` by ``count`` faces over two bars.

    Raises:
        UserError: they are the same bar.
    """
    if down.label == across.label:
        raise UserError(f"{down.label!r} twice: a grid needs two different bars")
    values = steps(reach, count)
    return Sheet(
        grid(z, down, across, values, values),
        count,
        tops=[f"{across.label}  {sigma(values[0])}", *map(sigma, values[1:])],
        sides=[f"{down.label}  {sigma(value)}" for value in values],
    )


def part_of(tour: Tour, stops: int) -> Tour:
    """The first stops of a tour; where it sorts the atlas, stops evenly spread from least to most."""
    count = min(stops, len(tour))
    sorts = tour.name.casefold().startswith(("attribute:", "bar:"))
    numbers = np.linspace(0, len(tour) - 1, count).round().astype(int) if sorts else np.arange(count)
    return Tour(tour.name, count, lambda number: tour.stop(int(numbers[number])), tour.closed and count == len(tour))


def stops(tour: Tour, atlas: Atlas) -> Sheet:
    """Every stop of a tour, with its title."""
    seen = [tour.stop(number) for number in range(len(tour))]
    captions = [stop.title if stop.index is None else item_caption(atlas, stop.index) for stop in seen]
    return faces(np.stack([stop.z for stop in seen]), captions)


def travel(tour: Tour, seconds: float, fps: float, kind: Way, pca: Axes) -> Film:
    """A tour in time, ``seconds`` from stop to stop; a closed one ends where it begins."""
    legs = len(tour) if tour.closed else len(tour) - 1
    count = max(1, round(legs * seconds * fps) + (not tour.closed))
    positions = legs * np.arange(count) / max(1, count - (not tour.closed))

    def lead(start: Vector, end: Vector, position: float) -> Vector:
        return between(start, end, position, kind, pca)

    return Film(np.stack([place(tour, float(position), lead) for position in positions]), fps)


def sigma(value: float) -> str:
    """``+1.5``, ``-3``, ``0``."""
    return f"{value:+.1f}".removesuffix(".0") if abs(value) >= 0.05 else "0"
