"""Faces of the dataset."""

from __future__ import annotations

from tui_vae.app.parts.part import Part
from tui_vae.app.screens.go_to import ask_index


class DatasetActions(Part):
    """Next, previous, go to."""

    def action_step_dataset(self, by: int) -> None:
        """Another face of the dataset."""
        by *= self._take_count() or 1
        self._leap()
        self.state.step_dataset(by)
        self._show()

    def action_go_to(self) -> None:
        """Ask for an index, or take the count for one."""
        if (count := self._take_count()) is not None:
            self._go_to(count)
        else:
            self.app.push_screen(ask_index(len(self.state.space.atlas)), self._go_to)

    def _go_to(self, index: int | None) -> None:
        if index is None:
            return
        self._leap()
        try:
            self.state.go_to(index)
        except ValueError as error:
            self.say(str(error), problem=True)
        self._show()
