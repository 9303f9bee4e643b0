"""The line of a tour that is on: how far it has come. It has the tour's keys."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui_vae.app.binding import bindings


class TourLine(Widget):
    """``▶ ━━━●────``: the whole tour from left to right; a click goes there, the wheel to the stop beside.

    Hidden while no tour is on.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("tour")]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"tour--line", "tour--done", "tour--knob"}

    class Sought(Message):
        """Go to a part of the tour from 0 (its first stop) to 1 (its last)."""

        def __init__(self, part: float) -> None:
            super().__init__()
            self.part = part

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: tuple[bool, int] | None = None
        self._part = 0.0

    def show(self, part: float | None, *, plays: bool = False) -> None:
        """Show how far the tour has come, from 0 to 1; ``None`` hides the line."""
        self._part = part or 0.0
        shown = None if part is None else (plays, self._knob)
        if shown == self._shown:
            return
        self._shown = shown
        self.can_focus = shown is not None  # Textual gives the keys to what is hidden too
        self.set_class(shown is not None, "-on")
        self.refresh()

    @property
    def _length(self) -> int:
        return max(2, self.size.width - 2)

    @property
    def _knob(self) -> int:
        return round(min(max(self._part, 0.0), 1.0) * (self._length - 1))

    def on_resize(self) -> None:
        """The knob is elsewhere now."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Whether it plays, and the line."""
        if self._shown is None or y:
            return Strip.blank(self.size.width, self.rich_style)
        accent = self.get_component_rich_style("tour--knob")
        segments = [
            Segment("▶ " if self._shown[0] else "‖ ", accent),
            Segment("━" * self._knob, self.get_component_rich_style("tour--done")),
            Segment("●", accent),
            Segment("─" * (self._length - 1 - self._knob), self.get_component_rich_style("tour--line")),
        ]
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    async def on_click(self, event: events.Click) -> None:
        """Go to the stop that is there; on the sign before the line, pause or go on."""
        if event.x < 2:
            await self.run_action("screen.tour_pause")
            return
        self.post_message(self.Sought(max(0.0, min(1.0, (event.x - 2) / (self._length - 1)))))

    async def on_mouse_scroll_down(self) -> None:
        """The next stop."""
        await self.run_action("screen.tour_step(1)")

    async def on_mouse_scroll_up(self) -> None:
        """The stop before."""
        await self.run_action("screen.tour_step(-1)")
