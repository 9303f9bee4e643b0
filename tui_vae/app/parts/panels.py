"""Opening and closing the panels beside the face."""

from __future__ import annotations

from textual.containers import Vertical

from tui_vae.app.panels import PANELS, Look, Panel
from tui_vae.app.parts.part import Part
from tui_vae.app.widgets.bars import BarList


class PanelActions(Part):
    """One panel at a time stands in the place of the bars."""

    look: Look

    def __init__(self) -> None:
        super().__init__()
        self.panel: Panel | None = None
        self._panel_name = ""

    async def action_panel(self, name: str) -> None:
        """Open a panel, or close it where it is open."""
        self._take_count()
        again = name == self._panel_name
        await self._close_panel()
        if not again:
            self.panel, self._panel_name = PANELS[name](self.model, self.state, self.look), name
            self.query_one(BarList).display = False
            await self.query_one("#side", Vertical).mount(self.panel, after="#heading")
            self.panel.focus()
        self._show()

    async def _close_panel(self) -> None:
        panel, self.panel, self._panel_name = self.panel, None, ""
        if panel is not None:
            await panel.remove()
            self.query_one(BarList).display = True
            self.set_focus(None)

    async def on_panel_closed(self) -> None:
        """Back to the bars."""
        await self._close_panel()
        self._show()

    def on_panel_told(self, message: Panel.Told) -> None:
        """A panel has something to say."""
        self.say(message.text, problem=message.problem)

    def on_panel_went(self, message: Panel.Went) -> None:
        """A panel leads elsewhere."""
        self._leap()
        self.state.jump(message.point, message.gesture)
        self._show()
