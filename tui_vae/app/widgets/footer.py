"""The footer: the keys of the mode that is open, as many as fit, the important ones always."""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.geometry import Offset
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

LAST: Final = ("help", "command_palette", "quit")
"""The actions that stay whatever the width: with the commands, the mouse reaches them all."""
FIRST_TO_GO: Final = ("go_to", "mix", "step_dataset(1)", "reset", "next_axes(1)", "invert", "undo", "randomize")
"""The explorer's actions that give way to those of a panel, in this order; after them, whatever is last."""


def fitting(keys: list[tuple[str, int]], width: int) -> list[str]:
    """Which actions fit into so many cells, in their order.

    Args:
        keys: Action and width in cells of each.
        width: The room there is.
    """
    kept = dict(keys)
    others = [action for action, _ in reversed(keys) if action not in (*FIRST_TO_GO, *LAST)]
    for action in (*FIRST_TO_GO, *others):
        if sum(kept.values()) <= width:
            break
        kept.pop(action, None)
    return list(kept)


class ActionFooter(Footer):
    """Textual's footer without the keys for which there is no room."""

    _room = 0
    _is_stale = False

    def compose(self) -> ComposeResult:
        """The keys that fit."""
        keys = [key for key in super().compose() if isinstance(key, FooterKey)]
        widths = [(key.action, cell_len(f"{key.key_display} {key.description} ")) for key in keys]
        self._room = self.app.size.width
        fit = fitting(widths, self._room)
        yield from (key for key in keys if key.action in fit)

    async def recompose(self) -> None:
        """Take other keys, but not under a question: Textual does not always draw what is below the top screen."""
        if not self.is_attached:  # its screen has just been left
            return
        self._is_stale = self.app.screen is not self.screen and self.app.size.width == self._room
        if not self._is_stale:
            await super().recompose()

    def catch_up(self) -> None:
        """Take the keys that hold now that nothing lies over the footer."""
        if self._is_stale:
            self.refresh(recompose=True)

    def on_resize(self) -> None:
        """More fits, or less."""
        if self.app.size.width != self._room:
            self.refresh(recompose=True)

    @property
    def shown_keys(self) -> list[tuple[Offset, str]]:
        """Where each key is on the screen, and which it is."""
        return [(key.region.offset, key.key) for key in self.query(FooterKey) if key.region.area]
