"""A question of one line, in the place of the status line. What is wrong with the answer is said above it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label

from tui_vae.app.screens.modal import Modal

Answer = TypeVar("Answer")
LEAST_ANSWER = 16
"""Cells."""


class PromptScreen(Modal[Answer | None]):
    """Asks, and returns what ``read`` makes of the answer, or ``None`` when it was left.

    Args:
        question: What is asked, with a colon.
        read: Makes the answer out of the text; a `ValueError` says in a few words what is wrong with it.
        value: The text that is there at first, ready to be replaced.
    """

    LEAVES_FACE: ClassVar[bool] = True
    """It has a line or two at the bottom: real pixels may stay."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Cancel")]

    def __init__(self, question: str, read: Callable[[str], Answer], value: str = "") -> None:
        super().__init__()
        self._question, self._read, self._value = question, read, value

    def compose(self) -> ComposeResult:
        """What is wrong with the answer, above the question."""
        with Vertical(id="prompt"):
            yield Label("", id="problem", markup=False)
            with Horizontal():
                yield Label(f"{self._question} ", markup=False)
                yield Input(self._value, id="answer", compact=True, select_on_focus=True)

    def on_resize(self, event: events.Resize) -> None:
        """Where the question leaves no room for an answer, it has a line of its own."""
        self.set_class(event.size.width - cell_len(self._question) < LEAST_ANSWER, "-narrow")

    def on_input_changed(self) -> None:
        """A new attempt clears the complaint."""
        self._complain("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the answer, or say in place why not."""
        try:
            self.dismiss(self._read(event.value))
        except ValueError as error:
            self._complain(str(error))
            event.input.select_all()  # the next attempt replaces this one

    def _complain(self, problem: str) -> None:
        label = self.query_one("#problem", Label)
        label.update(problem)
        label.display = bool(problem)
