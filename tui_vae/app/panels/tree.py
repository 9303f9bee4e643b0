"""The undo tree: every place of this session, branch by branch."""

from __future__ import annotations

from textual.message import Message

from tui_vae.app.model import LatentModel
from tui_vae.app.panels.lines import Kind, Lines
from tui_vae.app.panels.panel import Look
from tui_vae.latent.explorer import Explorer, Point
from tui_vae.latent.history import Step

MAX_LANES = 8


class UndoTree(Lines):
    """One line per step, newest below; a step to the right is a branch. Up and down choose, Enter goes there."""

    class Returned(Message):
        """Go to a step by its number."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, model: LatentModel, state: Explorer, look: Look) -> None:
        super().__init__(model, state, look)
        self._steps: tuple[Step[Point], ...] = state.steps()
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
            self._here, self.cursor = self._steps[here].id, here
        self.put_cursor(self.cursor)

    def action_take(self) -> None:
        """Go to the chosen step."""
        self.post_message(self.Returned(self._steps[self.cursor].id))

    @property
    def count(self) -> int:
        """How many steps there are."""
        return len(self._steps)

    def line(self, place: int) -> tuple[str, Kind]:
        """One step: its branch, and how it came about."""
        step = self._steps[place]
        lanes = "│ " * min(step.lane, MAX_LANES)
        return f"{lanes}{'●' if step.is_here else '○'} {step.item.origin}", "here" if step.is_here else "line"
