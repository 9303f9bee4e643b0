"""Writing to files: what, under which name, how large, how long."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from tui_vae.app import exports
from tui_vae.app.exports import KINDS, Kind, Order, Subject
from tui_vae.app.screens.modal import Modal
from tui_vae.errors import UserError
from tui_vae.render.film import CancelledError
from tui_vae.render.output import MOVING, suffix_of

FIELDS = {"file": "File", "tour": "Tour", "size": "Size", "faces": "Faces", "seconds": "Seconds"}
TITLE_WIDTH = 15
BAR = 24
"""Cells of the progress bar."""


class ExportScreen(Modal[str | None]):
    """Asks what to write and writes it in a thread; returns what was written, in words, or ``None``.

    Args:
        subject: What there is to write.
        stem: What names of files begin with unless another is typed.
        tour: The name of the tour that is offered.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close"),
        Binding("ctrl+q,ctrl+c", "app.quit", "Quit", show=False, priority=True),
    ]

    def __init__(self, subject: Subject, stem: str, tour: str = "dataset") -> None:
        super().__init__()
        self._subject, self._stem, self._tour = subject, stem, tour
        self._offered = ""
        self._asked_about: Path | None = None
        self._stop: threading.Event | None = None

    # The form.

    def compose(self) -> ComposeResult:
        """What, then how, then how far it is."""
        with VerticalScroll(id="export", can_focus=False) as page:
            page.border_title = "Export"
            yield KindList(*(self._option(kind) for kind in KINDS), id="kinds", compact=True)
            yield Static(id="formats")
            for name, title in FIELDS.items():
                with Horizontal(id=f"{name}-row", classes="field"):
                    yield Label(title)
                    yield Input(id=name, compact=True, select_on_focus=True)
            yield Static("", id="line")

    def on_mount(self) -> None:
        """Begin with the face."""
        self.query_one(KindList).highlighted = 0
        self._field("tour").value = self._tour
        self._choose()
        self._tell("")

    def _option(self, kind: Kind) -> Option:
        missing = kind.missing(self._subject)
        line = Content(kind.title.ljust(TITLE_WIDTH) + (missing or kind.about(self._subject)))
        return Option(line, disabled=bool(missing))

    @property
    def kind(self) -> Kind:
        """What is to be written."""
        return KINDS[self.query_one(KindList).highlighted or 0]

    @property
    def is_writing(self) -> bool:
        """Whether a file is being written."""
        return self._stop is not None

    def _field(self, name: str) -> Input:
        return self.query_one(f"#{name}", Input)

    @property
    def _path(self) -> Path:
        text = self._field("file").value.strip()
        try:
            return Path(text).expanduser()
        except RuntimeError:  # ~somebody who is not there
            return Path(text)

    def on_option_list_option_highlighted(self) -> None:
        """Another kind: another name, unless one has been typed."""
        self._choose()

    def on_option_list_option_selected(self) -> None:
        """On to the file's name."""
        self.set_focus(self._field("file"))

    def on_input_changed(self, event: Input.Changed) -> None:
        """A new attempt clears the complaint; another format has other fields."""
        if self.is_writing:
            return
        self._asked_about = None
        self._tell("")
        if event.input.id == "file":
            self._lay_out()

    def _choose(self) -> None:
        kind, field = self.kind, self._field("file")
        if self.is_writing:
            return
        if field.value == self._offered:
            self._offered = exports.free_name(Path(), f"{self._stem}-{kind.name}", kind.suffixes[0])
            field.value = self._offered
        still = " ".join(suffix for suffix in kind.suffixes if suffix not in MOVING)
        moving = " ".join(suffix for suffix in kind.suffixes if suffix in MOVING)
        formats = f"{still}   film: {moving}" if moving else still
        self.query_one("#formats", Static).update(Content(f"formats: {formats}"))
        self._lay_out()

    def _lay_out(self) -> None:
        """Show the fields that matter for this kind and format, and what holds where they are empty."""
        kind, path = self.kind, self._path
        suffix = path.suffix.lower()
        film = exports.is_film(path) and kind.film is not None
        size, unit = exports.usual_size(kind, suffix, self._subject.model)
        hints = {
            "tour": ("dataset", kind.name == "tour"),
            "size": (f"{size} {unit}", kind.name not in ("latent", "recipe") and suffix != ".npy"),
            "faces": (f"{kind.faces}{' on each side' if kind.name == 'grid' else ''}", bool(kind.faces) and not film),
            "seconds": (f"{kind.seconds:g}", film),
        }
        for name, (placeholder, shown) in hints.items():
            self._field(name).placeholder = placeholder
            self.query_one(f"#{name}-row").display = shown

    # Writing.

    def on_input_submitted(self) -> None:
        """Write it, or say in place why not."""
        if self.is_writing:
            return
        try:
            order = self._order()
        except (UserError, ValueError) as error:
            self._complain(str(error))
            return
        if os.path.lexists(order.path) and order.path != self._asked_about:
            self._asked_about = order.path
            self._complain(f"{order.path}: exists; Enter again replaces it")
            return
        self._stop = threading.Event()
        for widget in self.query("KindList, Input"):
            widget.disabled = True
        self._tell("preparing the decoder…", "Esc stops")
        self.run_worker(partial(self._write, self.kind, order, self._stop), thread=True, group="save")

    def _order(self) -> Order:
        """What was asked for.

        Raises:
            UserError, ValueError: it cannot be.
        """
        kind, path = self.kind, self._path
        if not self._field("file").value.strip():
            raise ValueError("type a name for the file")
        suffix_of(path, kind.suffixes)
        kept = Order(path, faces=kind.faces, seconds=kind.seconds)
        size = self._number("size", *exports.SIZES)
        faces = self._number("faces", 2, exports.MOST_FACES)
        seconds = self._number("seconds", *exports.SECONDS)
        return Order(
            path,
            None if size is None else int(size),
            kept.faces if faces is None else int(faces),
            kept.seconds if seconds is None else seconds,
            self._field("tour").value.strip() or "dataset",
        )

    def _number(self, name: str, least: float, most: float) -> float | None:
        """What was typed into a field that is shown; ``None`` where it is empty."""
        text = self._field(name).value.strip()
        if not text or not self.query_one(f"#{name}-row").display:
            return None
        what = FIELDS[name].lower()
        try:
            value = float(text) if name == "seconds" else int(text)
        except ValueError:
            raise ValueError(f"{what}: {text[:20]!r} is not a {'' if name == 'seconds' else 'whole '}number") from None
        if not least <= value <= most:
            raise ValueError(f"{what}: from {least:g} to {most:g}")
        return value

    def _write(self, kind: Kind, order: Order, stop: threading.Event) -> None:
        """In a thread."""

        def progress(done: int, total: int) -> None:
            self._later(lambda: self._show_progress(done, total))

        try:
            exports.write(kind, self._subject, order, progress, stop.is_set)
        except CancelledError:
            self._later(lambda: self._end("stopped: nothing was written"))
        except UserError as error:
            problem = str(error)
            self._later(lambda: self._end(problem))
        else:
            self._later(lambda: self._wrote(order.path))

    def _later(self, call: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the program has just been left
            self.call_later(call)

    def _show_progress(self, done: int, total: int) -> None:
        if self._stop is None or self._stop.is_set():
            return
        filled = BAR * done // max(1, total)
        what = "writing…" if done == total else f"{done} of {total}"
        self._tell(f"{'━' * filled}{'─' * (BAR - filled)} {what}", "Esc stops")

    def _wrote(self, path: Path) -> None:
        self.dismiss(f"wrote {path}")

    def _end(self, problem: str) -> None:
        self._stop = None
        for widget in self.query("KindList, Input"):
            widget.disabled = False
        self.set_focus(self._field("file"))
        self._complain(problem)

    def action_leave(self) -> None:
        """Stop what is being written, or close."""
        if self._stop is not None:
            self._stop.set()
            self._tell("stopping…", "")
        else:
            self.dismiss(None)

    def on_unmount(self) -> None:
        """The program is being left: what is half written goes."""
        if self._stop is not None:
            self._stop.set()

    def _complain(self, problem: str) -> None:
        self._tell(problem)
        line = self.query_one("#line")
        line.add_class("-problem")
        self.call_after_refresh(line.scroll_visible, animate=False)  # where the terminal is small

    def _tell(self, text: str, how: str = "Enter writes  Tab next  Esc closes") -> None:
        line = self.query_one("#line", Static)
        line.remove_class("-problem")
        line.update(Content(text))  # a file name may hold brackets: no markup
        self.query_one("#export").border_subtitle = how


class KindList(OptionList):
    """What can be written."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
    ]
