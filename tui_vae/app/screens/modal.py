"""Screens that lie over the explorer and are left once."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

Result = TypeVar("Result")


class Modal(ModalScreen[Result]):
    """A second Escape, typed before the first takes effect, does nothing; Textual would pop the screen below."""

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Leave with a result, unless it has been left."""
        return super().dismiss(result) if self.is_current else AwaitComplete()
