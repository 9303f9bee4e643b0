"""Faces along an axis, over two axes, and from A to B."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from tui_vae.app.binding import bindings
from tui_vae.app.panels.gallery import Exhibit, Gallery
from tui_vae.latent.point import made_point, short
from tui_vae.latent.recipe import Mix, Recipe

STEPS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
GRID_STEPS = (-2.0, -1.0, 0.0, 1.0, 2.0)
WAY_STEPS = 12


class TraversalStrip(Gallery):
    """The face with the selected bar at -3 to +3 sigma, and all else as it is."""

    @property
    def heading(self) -> str:
        """The axis."""
        axes, bar = self.state.axes, self.state.selected
        return self.state.held() or f"along {axes.name} {axes.labels[bar]}"

    def exhibits(self) -> Sequence[Exhibit]:
        """One face per step; none where locks hold the bar."""
        bar = self.state.selected
        value = float(self.state.values()[bar])
        points = [(step, self.state.moved(bar, step - value)) for step in STEPS]
        return [Exhibit(point, f"{step:+.0f}σ") for step, point in points if point is not None]


class AxisGrid(Gallery):
    """The face over two axes: the selected bar from left to right, another one from top to bottom."""

    COLUMNS = len(GRID_STEPS)
    modes: ClassVar[tuple[str, ...]] = ("grid", "gallery")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("grid")]

    _further = 1

    @property
    def bars(self) -> tuple[int, int]:
        """The numbers of the bars across and down."""
        shown = self.state.visible or tuple(range(len(self.state.axes)))
        across = self.state.selected
        place = shown.index(across) if across in shown else 0
        return across, shown[(place + self._further) % len(shown)]

    @property
    def heading(self) -> str:
        """Both axes."""
        across, down = self.bars
        labels = self.state.axes.labels
        return f"→ {labels[across]}  ↓ {labels[down]}"

    def action_other(self, by: int) -> None:
        """Take another bar for the way down."""
        shown = max(2, len(self.state.visible))
        self._further = (self._further - 1 + by) % (shown - 1) + 1
        self.post_message(self.Changed())

    def exhibits(self) -> Sequence[Exhibit]:
        """A row per step of the second axis."""
        axes, (across, down) = self.state.axes, self.bars
        value = float(self.state.values()[down])
        found = []
        for y in GRID_STEPS[::-1]:
            row = self.state.moved(down, y - value)
            start = 0.0 if row is None else float(axes.values(row.z)[across])
            for x in GRID_STEPS:
                point = None if row is None else self.state.moved(across, x - start, row)
                if point is not None:
                    found.append(Exhibit(point, f"{x:+.0f},{y:+.0f}"))
        return found


class WayStrip(Gallery):
    """The faces on the way from A to B, or between the faces that were chosen instead; both included."""

    @property
    def heading(self) -> str:
        """Where it leads from and to."""
        ends = self.state.ends
        return f"{ends.start.origin} to {ends.end.origin}" if ends is not None else "mark two faces: a, then b"

    def exhibits(self) -> Sequence[Exhibit]:
        """Evenly spaced."""
        if self.state.ends is None:
            return []
        (start, end), chosen = self.state.ends, self.state.has_chosen_ends
        name = f"{short(start.origin)} to {short(end.origin)}" if chosen else "A to B"
        inner = []
        for step in range(1, WAY_STEPS - 1):
            place = step / (WAY_STEPS - 1)
            recipe = Recipe(Mix(start.made, end.made, place, self.state.way))
            inner.append(Exhibit(made_point(recipe, self.state.space, f"{name} {place:.0%}"), f"{place:.0%}"))
        captions = ("0%", "100%") if chosen else ("A", "B")
        return [Exhibit(start, captions[0]), *inner, Exhibit(end, captions[1])]
