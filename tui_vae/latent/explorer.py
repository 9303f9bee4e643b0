"""The explorer's state, in one place: the point, the bars, the marks, and every move that a key can make."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import Literal

import numpy as np

from tui_vae.latent.axes import Axes, Vector
from tui_vae.latent.history import History
from tui_vae.latent.journey import lerp
from tui_vae.latent.point import Point
from tui_vae.latent.space import LatentSpace

__all__ = ["BAR_LIMIT", "FINE_STEP", "SPREADS", "Explorer", "Mark", "Point"]

BAR_LIMIT = 3.0
FINE_STEP = 0.1
SPREADS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0)

Mark = Literal["a", "b"]


class Explorer:
    """Holds the current point and moves it. Pure NumPy; every method is one key, and none of them waits.

    Points are never changed in place: undo returns the same bits.
    """

    def __init__(self, space: LatentSpace, clock: Callable[[], float] = monotonic) -> None:
        self.space = space
        self.spread = 1.0
        self.marks: dict[Mark, Point] = {}
        self.mix: float | None = None
        self._axes = 0
        self._selected = [0] * len(space.axes)
        self._history = History(Point(space.mean, "average"), clock)

    # What is shown.

    @property
    def point(self) -> Point:
        """Where we are."""
        return self._history.item

    @property
    def axes(self) -> Axes:
        """The axes that the bars show."""
        return self.space.axes[self._axes]

    @property
    def selected(self) -> int:
        """The bar that the keys move."""
        return self._selected[self._axes]

    def values(self) -> Vector:
        """The bars' values (K,) in sigma; always worked out from the point."""
        return self.axes.values(self.point.z)

    # Choosing a bar.

    def next_axes(self, by: int = 1) -> None:
        """Switch to the next kind of axes."""
        self._axes = (self._axes + by) % len(self.space.axes)

    def select(self, bar: int) -> None:
        """Select a bar; beyond either end, the last one there."""
        self._selected[self._axes] = min(max(bar, 0), len(self.axes) - 1)

    # Moving by bars.

    def nudge(self, by: float, bar: int | None = None) -> None:
        """Move a bar (the selected one unless told) by so many sigma, as far as the limits let it."""
        bar = self.selected if bar is None else bar
        self.set_bar(bar, float(self.values()[bar]) + by)

    def set_bar(self, bar: int, value: float) -> None:
        """Move a bar to a value in sigma. A bar that stands beyond the limits may only come back."""
        now = float(self.values()[bar])
        value = min(max(value, min(-BAR_LIMIT, now)), max(BAR_LIMIT, now))
        if value != now:
            z = self.axes.move(self.point.z, bar, value - now)
            self._go(Point(z, self._edited()), f"bar {self._axes} {bar}")

    def reset_bar(self) -> None:
        """Put the selected bar to zero."""
        value = float(self.values()[self.selected])
        if abs(value) > 1e-6:
            self._go(Point(self.axes.move(self.point.z, self.selected, -value), self._edited()))

    # Leaping.

    def reset(self) -> None:
        """Go to the average face."""
        self._go(Point(self.space.mean, "average"))

    def jump(self, point: Point) -> None:
        """Go to a point that comes from elsewhere."""
        self._go(point)

    def randomize(self, seed: int | None = None) -> None:
        """Draw a face from the aggregate posterior, as far out as the range says."""
        seed = secrets.randbelow(1_000_000) if seed is None else seed
        self._go(Point(self.space.sample(seed, self.spread), f"random {seed}"))

    def change_spread(self, by: int) -> None:
        """Widen or narrow the range of randomize by so many notches."""
        place = int(np.searchsorted(SPREADS, self.spread - 1e-9)) + by
        self.spread = SPREADS[min(max(place, 0), len(SPREADS) - 1)]

    def invert(self) -> None:
        """Reflect the face through the average: its opposite."""
        origin = self.point.origin
        inverse = origin.removeprefix("opposite of ") if origin.startswith("opposite of ") else f"opposite of {origin}"
        self._go(Point(self.space.invert(self.point.z), inverse))

    # The dataset.

    def step_dataset(self, by: int) -> None:
        """Go to the next or an earlier item, around the ends."""
        count = len(self.space.atlas)
        cursor = self.point.cursor
        start = cursor if cursor is not None else (-1 if by > 0 else count)
        self._visit((start + by) % count, "dataset")

    def go_to(self, index: int) -> None:
        """Go to an item of the dataset.

        Raises:
            ValueError: there is no such item.
        """
        if not 0 <= index < len(self.space.atlas):
            raise ValueError(f"{index} is not in the dataset: indices run from 0 to {len(self.space.atlas) - 1}")
        self._visit(index)

    def _visit(self, index: int, gesture: str | None = None) -> None:
        self._go(Point(self.space.atlas[index], self.space.atlas.names[index], index, index), gesture)

    # Between two faces.

    def mark(self, which: Mark) -> None:
        """Keep the current face as A or B."""
        self.marks[which] = self.point

    def start_mix(self) -> bool:
        """Begin to interpolate at A; ``False`` when A and B are not both marked."""
        if len(self.marks) < 2:
            return False
        self.mix = 0.0
        self.set_mix(0.0)
        return True

    def stop_mix(self) -> None:
        """Leave the slider; the face stays."""
        self.mix = None

    def set_mix(self, position: float) -> None:
        """Put the slider between A (0) and B (1)."""
        self.mix = min(max(position, 0.0), 1.0)
        start, end = self.marks["a"], self.marks["b"]
        point = Point(lerp(start.z, end.z, self.mix), f"A to B {self.mix:.0%}")
        self._push(point, "mix")

    # Time.

    def undo(self) -> bool:
        """One step back; ``False`` at the beginning."""
        return self._travel(self._history.undo)

    def redo(self) -> bool:
        """One step forward; ``False`` at the newest."""
        return self._travel(self._history.redo)

    def _travel(self, move: Callable[[], bool]) -> bool:
        moved = move()
        if moved:
            self.mix = None
        return moved

    def _go(self, point: Point, gesture: str | None = None) -> None:
        self.mix = None
        self._push(point, gesture)

    def _push(self, point: Point, gesture: str | None) -> None:
        here = self.point
        if point.cursor is None:
            point = replace(point, cursor=here.cursor)
        if point.origin != here.origin or not np.array_equal(point.z, here.z):  # no undo step for no move
            self._history.push(point, gesture)

    def _edited(self) -> str:
        origin = self.point.origin
        return origin if origin.endswith(" edited") else f"{origin} edited"
