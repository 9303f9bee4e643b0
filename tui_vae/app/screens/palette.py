"""Textual's command palette, for people who type fast. It overrides private Textual API."""

from __future__ import annotations

from contextlib import suppress

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette


class Palette(CommandPalette):
    """Left once, like every screen over the explorer, and deaf to a page down before its list is laid out."""

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Leave, unless it has been left: a second Enter would take the screen below away."""
        return super().dismiss(result) if self.is_current else AwaitComplete()

    def _action_command_list(self, action: str) -> None:
        with suppress(KeyError):  # of lines that have no place yet
            super()._action_command_list(action)
