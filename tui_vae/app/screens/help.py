"""The help: what the keys do, and what a latent is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui_vae.app import actions
from tui_vae.app.binding import table_of
from tui_vae.app.screens.modal import Modal

LESSON = (
    "A variational autoencoder has learned to write a face as a short list of numbers, its latent vector, and to draw "
    "the face again from it. The bars are that list, turned so that the first ones matter most. Zero everywhere is the "
    "average face; one sigma is as far as faces usually differ.\n\n"
    "Try it: {reset} goes to the average face, {axes.next} twice to the bars that have names. Choose one with "
    "{bar.down} and hold {bar.more}: the face gets more of it, and little else changes. {undo} takes it back. "
    "{dataset.next} shows a face of the dataset as the model sees it; the same bar does the same to it."
)


class HelpScreen(Modal[None]):
    """A page over the explorer; any of the usual keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", "Close"),
        Binding("j", "scroll('down')", "Down", show=False),
        Binding("k", "scroll('up')", "Up", show=False),
    ]

    def __init__(self, modes: Sequence[str] = ()) -> None:
        super().__init__()
        self._modes = modes

    def compose(self) -> ComposeResult:
        """The keys of the panel that is open, the lesson, then the keys by group."""
        page = VerticalScroll(Static(_text(table_of(self.app), self._modes), id="help"), id="page")
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


def lesson(table: Iterable[actions.Action]) -> str:
    """What a latent is, in a minute, with the user's own keys."""
    text = LESSON
    for action in table:
        text = text.replace(f"{{{action.id}}}", actions.key_name(action.keys[0]))
    return text


def _text(table: Sequence[actions.Action], modes: Sequence[str]) -> Group:
    here = [action for mode in modes for action in actions.of_mode(mode, table)]
    parts: list[RenderableType] = list(_groups(here))
    parts += [lesson(table), ""]
    parts += _groups(action for action in table if action not in here)
    parts += [Text("Counts", "bold"), Padding(actions.COUNTS, (0, 0, 1, 2))]
    parts += [
        Text("Mouse", "bold"),
        Padding(f"{actions.MOUSE[0].upper()}{actions.MOUSE[1:]}", (0, 0, 0, 2)),
    ]
    return Group(*parts)


def _groups(table: Iterable[actions.Action]) -> Iterator[RenderableType]:
    for group, items in actions.groups(table).items():
        keys = Table.grid(padding=(0, 2))  # a tooltip that wraps stays in its column
        keys.add_column(style="bold", no_wrap=True, min_width=8)
        keys.add_column()
        for action in items:
            keys.add_row(Text(action.key_text), Text(action.tooltip))
        yield Text(group, "bold")
        yield Padding(keys, (0, 0, 1, 2))
