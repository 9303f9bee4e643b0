"""The help: what the keys do, and what a latent is."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_vae.app import actions

LESSON = (
    "A variational autoencoder has learned to write a face as a short list of numbers, its latent vector, and to draw "
    "the face again from it. The bars are that list, turned so that the first ones matter most. Move one and see what "
    "it means. Zero everywhere is the average face; one sigma is as far as faces usually differ."
)


class HelpScreen(ModalScreen[None]):
    """A page over the explorer; any of the usual keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", "Close"),
        Binding("j", "scroll('down')", "Down", show=False),
        Binding("k", "scroll('up')", "Up", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The lesson, then the keys by group."""
        page = VerticalScroll(Static(_text(), id="help"), id="page")
        page.border_title = "Help"
        page.border_subtitle = "Esc closes"
        yield page

    def on_mount(self) -> None:
        """Arrow keys scroll at once."""
        self.query_one("#page").focus()

    def action_scroll(self, way: str) -> None:
        """Scroll a line."""
        page = self.query_one("#page", VerticalScroll)
        page.scroll_relative(y=1 if way == "down" else -1, animate=False)


def _text() -> Text:
    text = Text(LESSON + "\n\n")
    for group, items in actions.groups().items():
        text.append(f"{group}\n", "bold")
        for action in items:
            text.append(f"  {action.key_text:<10}", "bold")
            text.append(f"{action.tooltip}\n")
        text.append("\n")
    text.append("Counts\n", "bold")
    text.append(f"  {actions.COUNTS}\n\n")
    text.append("Mouse\n", "bold")
    text.append("  Click or drag a bar or the slider; turn the wheel over a bar.")
    return text
