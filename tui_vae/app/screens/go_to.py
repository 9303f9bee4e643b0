"""The prompt for a dataset index, in the status line. What is wrong with the number is said beside it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.widgets import Input, Label


def parse_index(text: str, count: int) -> int:
    """A dataset index out of what was typed.

    Raises:
        ValueError: not a whole number from 0 to ``count - 1``; the message says so in a few words.
    """
    text = text.strip()
    if not text.removeprefix("-").isdecimal():
        raise ValueError(f"not a number: {text[:12]!r}" if text else "type a number")
    index = int(text[:12])
    if not 0 <= index < count:
        raise ValueError(f"{index} is outside: 0 to {count - 1}")
    return index


class GoToScreen(ModalScreen[int | None]):
    """Asks for an index; returns it, or ``None`` when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Cancel")]

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    def compose(self) -> ComposeResult:
        """Prompt, number, and room for what is wrong with it."""
        with Horizontal(id="prompt"):
            yield Label(f"Go to face (0–{self._count - 1}): ")
            yield Input(id="index", compact=True)
            yield Label("", id="problem", markup=False)

    def on_input_changed(self) -> None:
        """A new attempt clears the complaint."""
        self.query_one("#problem", Label).update("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go there, or say in place why not."""
        try:
            self.dismiss(parse_index(event.value, self._count))
        except ValueError as error:
            self.query_one("#problem", Label).update(str(error))
            event.input.select_all()  # the next attempt replaces this one
