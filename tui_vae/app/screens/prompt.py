"""A question of one line, in the place of the status line. What is wrong with the answer is said above it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label

from tui_vae.app.screens.modal import Modal

Answer = TypeVar("Answer")


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
        self._early: list[events.Key] = []

    def compose(self) -> ComposeResult:
        """What is wrong with the answer, above the question."""
        with Vertical(id="prompt"):
            yield Label("", id="problem", markup=False)
            with Horizontal():
                yield Label(f"{self._question} ", markup=False)
                yield Input(self._value, id="answer", compact=True, select_on_focus=True)

    async def on_mount(self) -> None:
        """The field has the keys at once, not a message later, and those that came before."""
        field = self.query_one("#answer", Input)
        self.set_focus(field)
        for event in self._early:
            await self.take_early(event)

    async def take_early(self, event: events.Key) -> None:
        """Take a key that was pressed before this screen was there."""
        if not self.is_mounted:
            self._early.append(event)
            return
        field = self.query_one("#answer", Input)
        if field.select_on_focus:  # once, and not when the news of the focus comes: that would select these keys
            field.select_on_focus = False
            field.select_all()
        if event.key == "enter":
            await field.action_submit()
        elif event.key == "escape":
            self.dismiss(None)
        elif event.key == "backspace":
            field.action_delete_left()
        elif event.character is not None and event.is_printable:
            field.replace(event.character, *field.selection)

    async def on_key(self, event: events.Key) -> None:
        """A key that comes to the screen and not to its field was pressed before the field had the keys."""
        event.stop()
        await self.take_early(event)

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
