"""The slider between two faces."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget


class MixSlider(Widget):
    """A line from A to B with a knob that stops anywhere; click or drag it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"mix--line", "mix--done", "mix--knob"}

    class Moved(Message):
        """The knob was put to a position from 0 (A) to 1 (B)."""

        def __init__(self, position: float) -> None:
            super().__init__()
            self.position = position

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._position: float | None = None
        self._letters = "AB"
        self._held = False

    def show(self, position: float | None, letters: str = "AB") -> None:
        """Show the knob at a position from 0 to 1, between two letters, or hide the slider."""
        if (position, letters) == (self._position, self._letters):
            return
        self._position, self._letters = position, letters
        self.set_class(position is not None, "-on")
        self.refresh()

    @property
    def _length(self) -> int:
        return max(2, self.size.width - 4 - 5)

    def render_line(self, y: int) -> Strip:
        """``A ━━━●─── B  38%``."""
        if self._position is None or y:
            return Strip.blank(self.size.width, self.rich_style)
        knob = round(self._position * (self._length - 1))
        accent = self.get_component_rich_style("mix--knob")
        segments = [
            Segment(f"{self._letters[0]} ", accent),
            Segment("━" * knob, self.get_component_rich_style("mix--done")),
            Segment("●", accent),
            Segment("─" * (self._length - 1 - knob), self.get_component_rich_style("mix--line")),
            Segment(f" {self._letters[1]}", accent),
            Segment(f"{self._position:>5.0%}", self.rich_style),
        ]
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take the knob to the pointer and hold it."""
        if event.button != 1:
            return
        self._held = True
        self.capture_mouse()
        self._move(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Pull the knob along."""
        if self._held and event.button != 1:  # released where it was not seen
            self._let_go()
        if self._held:
            self._move(event)

    def on_mouse_up(self) -> None:
        """Let go."""
        self._let_go()

    def _let_go(self) -> None:
        if self._held:
            self._held = False
            self.release_mouse()

    def _move(self, event: events.MouseEvent) -> None:
        inside = event.x - self.gutter.left - 2
        self.post_message(self.Moved(max(0.0, min(1.0, inside / (self._length - 1)))))
