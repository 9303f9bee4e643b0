"""The checkpoints that can be opened by name: what each one is, its average face, and its card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from tui_vae.app.panels import Look
from tui_vae.app.screens.modal import Modal
from tui_vae.app.widgets.face import FaceView, as_rgb
from tui_vae.errors import UserError
from tui_vae.model import checkpoint as checkpoints
from tui_vae.terminal.colour import Bytes

MAX_CARD = 20_000


@dataclass(frozen=True)
class Described:
    """What is shown of a checkpoint: a line of facts, its card, its average face; the last two only of a sound one."""

    facts: str
    card: str = ""
    preview: Bytes | None = None


def describe(path: Path) -> Described:
    """Read a checkpoint for the list, whatever is in the file."""
    try:
        made = checkpoints.read(path)
        size = path.stat().st_size / 1e6
    except UserError as error:
        return Described(f"damaged: {str(error).removeprefix(f'{path}: ')}")
    except OSError as error:
        return Described(f"damaged: {error.strerror or error}")
    height, width, channels = made.architecture.input
    faces = f"{len(made.names):,} faces"
    shape = f"{height}x{width}x{channels}, {made.architecture.latent} latents, {faces}, {size:.1f} MB"
    return Described(checkpoints.printable(shape), _card(path), as_rgb(made.preview))


def _card(path: Path) -> str:
    try:
        text = path.with_suffix(".md").read_text(encoding="utf-8", errors="replace")[:MAX_CARD]
    except OSError:
        return "no card beside it"
    return "\n".join(checkpoints.printable(line) for line in text.splitlines())


class CheckpointsScreen(Modal[Path | None]):
    """Returns the file that was chosen, or ``None``.

    Args:
        known: Files by name.
        current: The name of the model that is open.
        look: How its average face is drawn.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", priority=True),
        Binding("j", "choose(1)", "Next", show=False),
        Binding("k", "choose(-1)", "Previous", show=False),
        Binding("pagedown,space", "read(1)", "Read on", priority=True),
        Binding("pageup", "read(-1)", "Read back", show=False, priority=True),
        Binding("escape,q", "dismiss", "Leave"),
    ]

    def __init__(self, known: Mapping[str, Path], current: str, look: Look) -> None:
        super().__init__()
        self._known, self._current, self._look = dict(known), current, look
        self._described: dict[str, Described] = {}
        self._chosen = ""
        self._clicked: str | None = None

    def compose(self) -> ComposeResult:
        """The names on the left; picture, facts and card of one on the right."""
        with Vertical(id="checkpoints") as frame:
            frame.border_title = "Checkpoints"
            with Horizontal():
                marked = ((name, "●" if name == self._current else " ") for name in self._known)
                yield OptionList(*(Option(Text(f"{mark} {name}"), id=name) for name, mark in marked), id="names")
                with Vertical(id="about"):
                    yield Static(id="facts", markup=False)
                    yield FaceView(depth=self._look.depth, shape=self._look.shape, id="preview")
                    with VerticalScroll(id="card", can_focus=False):
                        yield Static(id="text", markup=False)
            yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Begin at the model that is open."""
        names = self.query_one(OptionList)
        names.focus()
        if self._known:
            names.highlighted = next((place for place, name in enumerate(self._known) if name == self._current), 0)
        else:
            self.query_one("#facts", Static).update("no checkpoints found: `tui-vae list` says where they would be")

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show what is known of it, or read it first."""
        self._chosen = event.option_id or ""
        if not self._is_whole():
            return
        if self._chosen in self._described:
            self._show(self._chosen)
        else:
            self.query_one("#facts", Static).update("reading…")
            self.run_worker(partial(self._read, self._chosen), thread=True, exclusive=True)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A name was clicked: a click chooses, a second one opens, as in the panels."""
        event.stop()
        if event.option_id == self._clicked:
            self.action_open()
        self._clicked = event.option_id

    def _read(self, name: str) -> None:
        found = describe(self._known[name])

        def take() -> None:
            self._described[name] = found
            self._show(name)

        self.app.call_from_thread(take)

    def _is_whole(self) -> bool:
        """Whether its widgets are there: when it is left they go before it."""
        return self.is_attached and len(self.query("#facts, #text, #card, #preview")) == 4

    def _show(self, name: str) -> None:
        if name != self._chosen or not self._is_whole():
            return
        found = self._described[name]
        self.query_one("#facts", Static).update(found.facts)
        self.query_one("#text", Static).update(found.card)
        self.query_one("#card", VerticalScroll).scroll_home(animate=False)
        view = self.query_one(FaceView)
        view.display = found.preview is not None
        if found.preview is not None:
            view.set_aspect(*found.preview.shape[:2])
            view.set_image(found.preview)

    def action_choose(self, by: int) -> None:
        """Choose another one."""
        names = self.query_one(OptionList)
        if by > 0:
            names.action_cursor_down()
        else:
            names.action_cursor_up()

    def action_read(self, by: int) -> None:
        """Scroll the card."""
        card = self.query_one("#card", VerticalScroll)
        card.scroll_relative(y=by * max(1, card.size.height - 1), animate=False)

    def action_open(self) -> None:
        """Open the chosen one, unless it is known to be damaged."""
        names = self.query_one(OptionList)
        if names.highlighted is None:
            return
        # Not ``_chosen``, which the list's message about a key right before this one has still to change.
        name = names.get_option_at_index(names.highlighted).id or ""
        found = self._described.get(name)
        if found is None or found.preview is not None:
            self.dismiss(self._known[name])
