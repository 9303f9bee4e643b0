"""A panel of lines: up and down choose one, Enter takes it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import ClassVar, Literal

from rich.cells import set_cell_size
from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import Offset
from textual.strip import Strip

from tui_vae.app.binding import bindings
from tui_vae.app.model import LatentModel
from tui_vae.app.panels.panel import Look, Panel
from tui_vae.latent.explorer import Explorer

Kind = Literal["line", "here"]


class Lines(Panel):
    """Scrolls through lines. A subclass says how many there are, what they say, and what taking one does."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("lines")]
    modes: ClassVar[tuple[str, ...]] = ("lines",)
    COMPONENT_CLASSES: ClassVar[set[str]] = {"lines--line", "lines--here", "lines--chosen"}

    def __init__(self, model: LatentModel, state: Explorer, look: Look) -> None:
        super().__init__(model, state, look)
        self.cursor = 0
        self._top = 0

    @property
    @abstractmethod
    def count(self) -> int:
        """How many lines there are, at least one."""

    @abstractmethod
    def line(self, place: int) -> tuple[str, Kind]:
        """What a line says, and whether it is where we are."""

    @abstractmethod
    def action_take(self) -> None:
        """Take the line under the cursor."""

    def put_cursor(self, place: int) -> None:
        """Choose a line; beyond either end, the last one there."""
        self.cursor = min(max(place, 0), self.count - 1)
        height = max(1, self.size.height)
        self._top = min(max(self._top, self.cursor - height + 1), self.cursor)
        self._top = max(0, min(self._top, self.count - height))
        self.refresh()

    def targets(self) -> list[tuple[Offset, Callable[[], object]]]:
        """The lines on the screen; going to one chooses it."""
        places = range(self._top, min(self._top + self.size.height, self.count))
        return [(Offset(0, place - self._top), partial(self.put_cursor, place)) for place in places]

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self.put_cursor(self.cursor)

    def action_step(self, by: int) -> None:
        """Choose another line."""
        self.put_cursor(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Choose a line a page away."""
        self.put_cursor(self.cursor + by * max(1, self.size.height - 1))

    def action_edge(self, by: int) -> None:
        """Choose the first or the last line."""
        self.put_cursor(0 if by < 0 else self.count - 1)

    def on_click(self, event: events.Click) -> None:
        """Take a line."""
        if self._top + event.y < self.count:
            self.put_cursor(self._top + event.y)
            self.action_take()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The line before."""
        event.stop()
        self.action_step(-1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The line after."""
        event.stop()
        self.action_step(1)

    def render_line(self, y: int) -> Strip:
        """One line, with a mark where it is chosen."""
        place = self._top + y
        if place >= self.count:
            return Strip.blank(self.size.width, self.rich_style)
        text, kind = self.line(place)
        chosen = place == self.cursor
        style = self.get_component_rich_style("lines--chosen" if chosen else f"lines--{kind}")
        return Strip([Segment(set_cell_size(f"{'›' if chosen else ' '}{text}", self.size.width), style)])
