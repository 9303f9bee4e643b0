"""Opening and closing the panels beside the face, and going where they lead."""

from __future__ import annotations

from textual.containers import Vertical

from tui_vae.app.panels import PANELS, Look, Panel
from tui_vae.app.panels.items import FoundFaces
from tui_vae.app.panels.originals import Comparison
from tui_vae.app.panels.tree import UndoTree
from tui_vae.app.parts.part import Part
from tui_vae.app.screens.prompt import PromptScreen
from tui_vae.app.widgets.bars import BarList
from tui_vae.latent.search import Found, search
from tui_vae.originals import Originals


class PanelActions(Part):
    """One panel at a time stands in the place of the bars."""

    look: Look

    def __init__(self) -> None:
        super().__init__()
        self.panel: Panel | None = None
        self._panel_name = ""
        self._query = ""
        self.originals: Originals | None = None

    async def action_panel(self, name: str) -> None:
        """Open a panel, or close it where it is open."""
        self._take_count()
        if name == self._panel_name:
            await self._close_panel()
            self._show()
        elif name == "cluster" and self.state.space.clusters is None:
            self.say("this model's dataset has no clusters: export it again to give it some", problem=True)
        elif name == "way" and self.state.ends is None:
            self._tell_marks_are_missing()
        else:
            await self._open_panel(PANELS[name](self.model, self.state, self.look), name)

    def action_search(self) -> None:
        """Ask for a query, and show what it finds."""
        self._take_count()

        def read(text: str) -> tuple[str, Found]:
            found = search(self.state.space, text)
            if not found.items.any():
                raise ValueError("no face of the dataset is like that")
            return text.strip() or "all", found

        async def show(answer: tuple[str, Found] | None) -> None:
            if answer is not None:
                self._query = answer[0]
                await self._open_panel(FoundFaces(self.model, self.state, self.look, *answer), "found")

        self.app.push_screen(PromptScreen("Search:", read, self._query), show)

    async def action_originals(self) -> None:
        """Lay the original beside the reconstruction, or close that again."""
        self._take_count()
        if self.originals is None:
            self.say("start with --images FOLDER or ARCHIVE to see the originals", problem=True)
        elif self._panel_name == "originals":
            await self._close_panel()
            self._show()
        else:
            await self._open_panel(Comparison(self.model, self.state, self.look, self.originals), "originals")

    def action_keep(self) -> None:
        """Give this face a name, to come back to."""
        self._take_count()
        point, bookmarks = self.state.point, self.state.bookmarks

        def tell(name: str | None) -> None:
            if name is not None:
                self.say(f"kept as {name}")
                self._show()

        wish = bookmarks.free_name(point.origin)
        self.app.push_screen(PromptScreen("Keep as:", lambda text: bookmarks.add(text, point), wish), tell)

    async def _open_panel(self, panel: Panel, name: str) -> None:
        await self._close_panel()
        self.panel, self._panel_name = panel, name
        self.query_one(BarList).display = False
        await self.query_one("#side", Vertical).mount(panel, after="#heading")
        panel.focus()
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

    def on_panel_changed(self) -> None:
        """A panel shows something else."""
        self._show()

    def on_panel_told(self, message: Panel.Told) -> None:
        """A panel has something to say."""
        self.say(message.text, problem=message.problem)

    def on_panel_went(self, message: Panel.Went) -> None:
        """A panel leads elsewhere."""
        self._leap()
        self.state.jump(message.point, message.gesture)
        self._show()

    def on_undo_tree_returned(self, message: UndoTree.Returned) -> None:
        """Back to a place of the undo tree."""
        self._leap()
        if not self.state.go_to_step(message.step):
            self.say("this step has been forgotten")
        self._show()
