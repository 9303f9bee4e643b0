"""Choosing a bar and moving it, by key and by mouse."""

from __future__ import annotations

from tui_vae.app.parts.between import MIX_STEP, BetweenActions
from tui_vae.app.widgets.bars import BarList
from tui_vae.latent.explorer import FINE_STEP


class BarActions(BetweenActions):
    """Bars; left and right move the slider while it is shown."""

    def action_select(self, by: int) -> None:
        """Select another bar."""
        self.state.select(self.state.selected + by * (self._take_count() or 1))
        self._show()

    def action_page(self, by: int) -> None:
        """Select a bar a page away."""
        self.action_select(by * max(1, self.query_one(BarList).size.height - 1))

    def action_edge(self, by: int) -> None:
        """Select the first or the last bar."""
        self._take_count()
        self.state.select(0 if by < 0 else len(self.state.axes) - 1)
        self._show()

    def action_nudge(self, by: int) -> None:
        """Move the selected bar, or the slider while it is shown."""
        by *= self._take_count() or 1
        if self.state.mix is not None:
            self._stop_playing()
            self.state.set_mix(self.state.mix + by * MIX_STEP)
        else:
            self.state.nudge(by * FINE_STEP)
        self._show()

    def action_reset_bar(self) -> None:
        """Put the selected bar to zero."""
        self._leap()
        self.state.reset_bar()
        self._show()

    def action_next_axes(self, by: int) -> None:
        """Show other axes."""
        self._take_count()
        self.state.next_axes(by)
        self._show()

    def on_bar_list_dragged(self, message: BarList.Dragged) -> None:
        """A bar was set with the mouse."""
        if message.axes is not self.state.axes:  # the bars were switched under the pointer
            return
        self.state.select(message.bar)
        if message.value is not None:
            self._leap()
            self.state.set_bar(message.bar, message.value)
        self._show()

    def on_bar_list_turned(self, message: BarList.Turned) -> None:
        """A bar was nudged with the wheel."""
        if message.axes is not self.state.axes:
            return
        self._leap()
        self.state.select(message.bar)
        self.state.nudge(message.by * FINE_STEP)
        self._show()
