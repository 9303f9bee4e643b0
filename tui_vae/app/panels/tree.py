"""The undo tree: every place of this session, branch by branch."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import set_cell_size
from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip

from tui_vae.app.binding import bindings
from tui_vae.app.model import LatentModel
from tui_vae.app.panels.panel import Look, Panel
from tui_vae.latent.explorer import Explorer, Point
from tui_vae.latent.history import Step

MAX_LANES = 8


class UndoTree(Panel):
    """One line per step, newest below; a step to the right is a branch. Up and down choose, Enter goes there."""

    modes: ClassVar[tuple[str, ...]] = ("tree",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("tree")]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"tree--step", "tree--here", "tree--chosen"}

    class Returned(Message):
        """Go to a step by its number."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, model: LatentModel, state: Explorer, look: Look) -> None:
        super().__init__(model, state, look)
        self._steps: tuple[Step[Point], ...] = ()
        self._cursor = 0
        self._top = 0
        self._here = -1

    @property
    def heading(self) -> str:
        """How many steps there are."""
        tips = sum(not step.children for step in self._steps)
        return f"undo tree  {len(self._steps):,} places, {tips} {'branch' if tips == 1 else 'branches'}"

    def follow(self) -> None:
        """Show the tree as it is; the cursor goes along with the point."""
        self._steps = self.state.steps()
        here = next(place for place, step in enumerate(self._steps) if step.is_here)
        if self._steps[here].id != self._here:
            self._here, self._cursor = self._steps[here].id, here
        self.put_cursor(self._cursor)

    def put_cursor(self, place: int) -> None:
        """Choose a step; beyond either end, the last one there."""
        self._cursor = min(max(place, 0), len(self._steps) - 1)
        height = max(1, self.size.height)
        self._top = min(max(self._top, self._cursor - height + 1), self._cursor)
        self._top = max(0, min(self._top, len(self._steps) - height))
        self.refresh()

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self.put_cursor(self._cursor)

    def action_step(self, by: int) -> None:
        """Choose another step."""
        self.put_cursor(self._cursor + by)

    def action_page(self, by: int) -> None:
        """Choose a step a page away."""
        self.put_cursor(self._cursor + by * max(1, self.size.height - 1))

    def action_edge(self, by: int) -> None:
        """Choose the first or the last step."""
        self.put_cursor(0 if by < 0 else len(self._steps) - 1)

    def action_take(self) -> None:
        """Go to the chosen step."""
        self.post_message(self.Returned(self._steps[self._cursor].id))

    def on_click(self, event: events.Click) -> None:
        """Go to a step."""
        if self._top + event.y < len(self._steps):
            self.put_cursor(self._top + event.y)
            self.action_take()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The step before."""
        event.stop()
        self.action_step(-1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The step after."""
        event.stop()
        self.action_step(1)

    def render_line(self, y: int) -> Strip:
        """One step: its branch, and how it came about."""
        place = self._top + y
        if place >= len(self._steps):
            return Strip.blank(self.size.width, self.rich_style)
        step, chosen = self._steps[place], place == self._cursor
        name = "tree--chosen" if chosen else "tree--here" if step.is_here else "tree--step"
        lanes = "│ " * min(step.lane, MAX_LANES)
        text = f"{'›' if chosen else ' '}{lanes}{'●' if step.is_here else '○'} {step.item.origin}"
        return Strip([Segment(set_cell_size(text, self.size.width), self.get_component_rich_style(name))])
