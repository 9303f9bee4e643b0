"""The explorer's state, in one place: the point, the bars, the marks, and every move that a key can make."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import Literal, NamedTuple

import numpy as np

from tui_vae.latent.axes import Vector
from tui_vae.latent.bars import Bars
from tui_vae.latent.bookmarks import Bookmarks
from tui_vae.latent.draw_options import DrawOptions
from tui_vae.latent.draws import USUAL, Source
from tui_vae.latent.history import History, Step
from tui_vae.latent.journey import Way
from tui_vae.latent.point import Point, carried, item_point, made_point, short
from tui_vae.latent.recipe import MAX_LOCKS, Average, Draw, Locked, Mix, Recipe
from tui_vae.latent.space import LatentSpace
from tui_vae.latent.typicality import Typicality, TypicalityGauge

__all__ = ["BAR_LIMIT", "FINE_STEP", "SPREADS", "WIDE_LIMIT", "Explorer", "Mark", "Point"]

BAR_LIMIT = 3.0
WIDE_LIMIT = 6.0
FINE_STEP = 0.1
SPREADS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0)
VARIATION = 0.25
MAX_SEED = 1_000_000

Mark = Literal["a", "b"]


class Ends(NamedTuple):
    """Two faces to go between."""

    start: Point
    end: Point


class Explorer(Bars):
    """Holds the current point and moves it. Pure NumPy; every method is one key, and none of them waits.

    Points are never changed in place: undo returns the same bits.

    Attributes:
        spread: range of randomize, in parts of the source's own width.
        source: what randomize draws from.
        truncation: coordinates of a random face beyond so many sigma are drawn again; ``None`` leaves them.
        variation: size of the step of ``vary``, in sigma of every PCA coordinate.
        wide: bars go to 6 sigma and not to 3.
        way: how the slider goes from one face to the other.
        marks: A and B.
        mix: where the slider stands, 0 to 1; ``None`` while there is none.
        bookmarks: faces by name.
        gauge: tells how usual points are; the first answer takes time unless it is prepared.
    """

    def __init__(self, space: LatentSpace, clock: Callable[[], float] = monotonic) -> None:
        super().__init__(space)
        self.spread = 1.0
        self.source: Source = USUAL
        self.truncation: float | None = None
        self.variation = VARIATION
        self.wide = False
        self.way: Way = "lerp"
        self.marks: dict[Mark, Point] = {}
        self.mix: float | None = None
        self.bookmarks = Bookmarks()
        self.gauge = TypicalityGauge(space)
        self._chosen: Ends | None = None
        self._passed: Point | None = None
        self._history = History(made_point(Recipe(), space, "average"), clock)

    def set_space(self, space: LatentSpace) -> None:
        """Have another space: see `Bars.set_space`.

        All points (here, marks, undo tree, bookmarks) keep their latent vectors, bit for bit; but an untouched item of
        the dataset stays that item, which may be elsewhere now, and so does a mix of such items.
        """
        super().set_space(space)
        self.gauge = TypicalityGauge(space)
        mixed = self.point if self.mix is not None else None
        self.marks = {which: carried(point, space) for which, point in self.marks.items()}
        self._chosen = None if self._chosen is None else Ends(*(carried(point, space) for point in self._chosen))
        self._passed = None if self._passed is None else carried(self._passed, space)
        self.bookmarks.change(lambda point: carried(point, space))
        self._history.change(lambda point: self._mixed() if point is mixed else carried(point, space))

    # What is shown.

    @property
    def point(self) -> Point:
        """Where we are."""
        return self._history.item if self._passed is None else self._passed

    @property
    def is_passing(self) -> bool:
        """Whether the point is one that is only passed by."""
        return self._passed is not None

    def values(self) -> Vector:
        """The bars' values (K,) in sigma; always worked out from the point."""
        return self.axes.values(self.point.z)

    def typicality(self) -> Typicality:
        """How usual the point is."""
        return self.gauge.of(self.point.z)

    @property
    def limit(self) -> float:
        """How far bars go, in sigma to either side."""
        return WIDE_LIMIT if self.wide else BAR_LIMIT

    # Moving by bars.

    def nudge(self, by: float, bar: int | None = None) -> bool:
        """Move a bar (the selected one unless told) by so many sigma, as far as the limits let it.

        ``False`` where locks hold it; ``held`` says so in words.
        """
        bar = self.selected if bar is None else bar
        return self.set_bar(bar, float(self.values()[bar]) + by)

    def set_bar(self, bar: int, value: float) -> bool:
        """Move a bar to a value in sigma. A bar that stands beyond the limits may only come back.

        ``False`` where locks hold it.
        """
        now = float(self.values()[bar])
        value = min(max(value, min(-self.limit, now)), max(self.limit, now))
        return self._move(bar, value - now, f"bar {self._name} {bar}") if value != now else True

    def enter_value(self, text: str, bar: int | None = None) -> None:
        """Move a bar (the selected one unless told) to a value that was typed.

        Raises:
            ValueError: it is no number, is beyond the limits, or locks hold the bar.
        """
        bar = self.selected if bar is None else bar
        try:
            value = float(text.strip().replace("−", "-").replace(",", "."))
        except ValueError:
            raise ValueError(f"{text.strip()[:20]!r} is not a number") from None
        if not abs(value) <= self.limit:
            raise ValueError(f"{value:g} is beyond the limits of a bar: -{self.limit:g} to +{self.limit:g} sigma")
        if not self._move(bar, value - float(self.values()[bar])):
            raise ValueError(self.held(bar))

    def reset_bar(self) -> bool:
        """Put the selected bar to zero; ``False`` where locks hold it."""
        value = float(self.values()[self.selected])
        return self._move(self.selected, -value) if abs(value) > 1e-6 else True

    def moved(self, bar: int, by: float, start: Point | None = None) -> Point | None:
        """The point that a bar moved by so many sigma would lead to, from here or from ``start``; goes nowhere.

        ``None`` where locks hold the bar.
        """
        start = start or self.point
        step = None
        if self._held is not None:
            step = None if self.is_locked(bar) else self._held.step(self.axes, bar)
            if step is None:
                return None
        locks, origin = self._locked(), _came(start, "edited")
        if locks is not None and any(self.axes is axes for axes in self.space.axes):
            return made_point(start.made.moved(self._name, bar, by, locks), self.space, origin)
        z = self.axes.move(start.z, bar, by) if step is None else (start.z + by * step).astype(np.float32)
        return Point(z, origin)

    def _move(self, bar: int, by: float, gesture: str | None = None) -> bool:
        point = self.moved(bar, by)
        if point is None:
            return False
        self.jump(point, gesture)
        return True

    def _locked(self) -> Locked | None:
        """The locked bars as recipes name them; ``None`` where a recipe cannot."""
        named = {axes.name for axes in self.space.axes}.issuperset(name for name, _ in self.locks)
        return tuple(sorted(self.locks)) if named and len(self.locks) <= MAX_LOCKS else None

    # Leaping.

    def reset(self) -> None:
        """Go to the average face."""
        self._make(Recipe(Average()), "average")

    def jump(self, point: Point, gesture: str | None = None) -> None:
        """Go to a point that comes from elsewhere. Jumps of one gesture in quick succession are one step to undo."""
        self.mix = None
        self._push(point, gesture)

    def randomize(self, seed: int | None = None) -> None:
        """Draw a face from the source, as far out as range and truncation say; locked bars stay."""
        draw, locks = self._draw(seed), self._locked()
        recipe = self.point.made.leapt(draw, locks) if locks else Recipe(draw)
        self._make(recipe, f"random {draw.seed}", keeps=locks is None)

    def drawn(self, seed: int | None = None) -> Point:
        """The face that randomize would go to if nothing were locked."""
        draw = self._draw(seed)
        return made_point(Recipe(draw), self.space, f"random {draw.seed}")

    def _draw(self, seed: int | None) -> Draw:
        seed = secrets.randbelow(MAX_SEED) if seed is None else seed
        return Draw(seed, self.spread, self.source, self.truncation)

    def vary(self, seed: int | None = None) -> None:
        """Make a small random step from this face; locked bars stay."""
        seed = secrets.randbelow(MAX_SEED) if seed is None else seed
        locks = self._locked()
        recipe = self.point.made.varied(seed, self.variation, locks or ())
        self._make(recipe, _came(self.point, "varied"), keeps=locks is None)

    def change_spread(self, by: int) -> None:
        """Widen or narrow the range of randomize by so many notches."""
        if by > 0:  # from between two notches to the next one either way
            place = int(np.searchsorted(SPREADS, self.spread + 1e-9)) - 1 + by
        else:
            place = int(np.searchsorted(SPREADS, self.spread - 1e-9)) + by
        self.spread = SPREADS[min(max(place, 0), len(SPREADS) - 1)]

    @property
    def draw_options(self) -> DrawOptions:
        """What randomize goes by."""
        return DrawOptions(self.spread, self.source, self.truncation)

    def set_draw_options(self, options: DrawOptions) -> None:
        """Choose what randomize goes by; a seed is no part of it."""
        self.spread, self.source, self.truncation = options.spread, options.source, options.truncation

    def invert(self) -> None:
        """Reflect the face through the average: its opposite."""
        origin = self.point.origin
        inverse = origin.removeprefix("opposite of ") if origin.startswith("opposite of ") else f"opposite of {origin}"
        self._make(self.point.made.inverted(), inverse)

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
        self.jump(item_point(self.space.atlas, index), gesture)

    # Between two faces.

    def mark(self, which: Mark) -> None:
        """Keep the current face as A or B. The next way leads between them, unless others are chosen again."""
        self.marks[which] = self.point
        if self.mix is None:
            self._chosen = None

    @property
    def ends(self) -> Ends | None:
        """The faces that the slider leads between: those chosen last, or A and B; ``None`` where one is missing."""
        if self._chosen is not None:
            return self._chosen
        return Ends(self.marks["a"], self.marks["b"]) if len(self.marks) == 2 else None

    @property
    def has_chosen_ends(self) -> bool:
        """Whether the slider leads between other faces than A and B."""
        return self._chosen is not None

    def start_mix(self, start: Point | None = None, end: Point | None = None) -> bool:
        """Begin to interpolate: from ``start`` (A unless told) to ``end`` (B), or where neither is told between the
        faces that were chosen last; ``False`` where one is missing.
        """
        if start is not None or end is not None:
            start, end = start or self.marks.get("a"), end or self.marks.get("b")
            if start is None or end is None:
                return False
            self._chosen = Ends(start, end)
        if self.ends is None:
            return False
        self.mix = 0.0
        self.set_mix(0.0)
        return True

    def stop_mix(self) -> None:
        """Leave the slider; the face stays."""
        self.mix = None

    def set_mix(self, position: float) -> None:
        """Put the slider between its start (0) and its end (1), which are those faces exactly."""
        self.mix = min(max(position, 0.0), 1.0)
        self._push(self._mixed(), "mix")

    def _mixed(self) -> Point:
        """Where the slider is."""
        assert self.ends is not None and self.mix is not None, "a slider has ends"
        start, end = self.ends
        name = "A to B" if self._chosen is None else f"{short(start.origin)} to {short(end.origin)}"
        recipe = Recipe(Mix(start.made, end.made, self.mix, self.way))
        return made_point(recipe, self.space, f"{name} {self.mix:.0%}")

    def set_way(self, way: Way) -> None:
        """Go from one face to the other on another way; the slider stays where it is."""
        self.way = way
        if self.mix is not None:
            self.set_mix(self.mix)

    # Passing by.

    def pass_by(self, point: Point) -> None:
        """Show a point without a step to undo, as a tour does at every frame; moves go on from it.

        It becomes a step of its own when a move is made from it, or by `stay`.
        """
        self.mix = None
        self._passed = _coming_from(point, self.point)

    def stay(self) -> None:
        """Make the point that is passed by a step to undo."""
        point, self._passed = self._passed, None
        if point is not None:
            self._push(point, None)

    def mark_example(self, *, more: bool) -> None:
        """Mark this face as having more, or less, of what an axis is to be made for.

        Raises:
            ValueError: too many faces are marked.
        """
        self.examples = self.examples.with_face(self.point.z, more=more)

    # Time.

    def undo(self) -> bool:
        """One step back; ``False`` at the beginning."""
        return self._travel(self._history.undo)

    def redo(self, branch: int | None = None) -> bool:
        """One step forward, where we went last or along a branch (oldest first); ``False`` where there is none."""
        return self._travel(lambda: self._history.redo(branch))

    def go_to_step(self, step: int) -> bool:
        """Go to a step of the undo tree by its number; ``False`` where it has been forgotten."""
        return self._travel(lambda: self._history.go_to(step))

    def steps(self) -> tuple[Step[Point], ...]:
        """The undo tree, by number: every step comes after the one that it follows."""
        return self._history.steps()

    @property
    def history(self) -> History[Point]:
        """The undo tree itself, for keeping it."""
        return self._history

    def _travel(self, move: Callable[[], bool]) -> bool:
        self.stay()
        moved = move()
        if moved:
            self.mix = None
        return moved

    def _make(self, recipe: Recipe, origin: str, gesture: str | None = None, *, keeps: bool = False) -> None:
        """Go where a recipe leads; with ``keeps`` locked bars stay that recipes cannot name."""
        point = made_point(recipe, self.space, origin)
        if keeps and self._held is not None:
            point = Point(self._held.keep(point.z, self.point.z), origin)
        self.jump(point, gesture)

    def _push(self, point: Point, gesture: str | None) -> None:
        self.stay()
        here = self.point
        point = _coming_from(point, here)
        if point.origin != here.origin or not np.array_equal(point.z, here.z):  # no undo step for no move
            self._history.push(point, gesture)


def _came(point: Point, how: str) -> str:
    return f"{point.origin.removesuffix(' edited').removesuffix(' varied')} {how}"


def _coming_from(point: Point, here: Point) -> Point:
    """The point, with the dataset index that was visited last on the way to it."""
    return point if point.cursor is not None or here.cursor is None else replace(point, cursor=here.cursor)
