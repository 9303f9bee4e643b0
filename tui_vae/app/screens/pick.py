"""Which photo: a tree of folders with pictures in them, and a line to type or paste a path into."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import DirectoryTree, Input, Label

from tui_vae.app.screens.modal import Modal
from tui_vae.photo.reading import SUFFIXES

MAX_PATH = 4096  # quoting is undone in quadratic time


def dropped_path(text: str) -> Path | None:
    """The file that a pasted text names, as terminals paste one that was dropped: plain, quoted, escaped or a URL."""
    text = text.strip()
    if not text or len(text) > MAX_PATH or "\n" in text or "\0" in text:
        return None
    forms = [text]
    with suppress(ValueError):  # an apostrophe in a name is no quotation mark
        forms += shlex.split(text)[:1]
    if text.startswith("file://"):
        forms = [unquote(urlsplit(text).path)]
    for form in forms:
        try:
            path = Path(form).expanduser()
            if path.is_file():
                return path
        except (OSError, RuntimeError, ValueError):
            continue
    return None


class PictureTree(DirectoryTree):
    """Folders and pictures, without the emoji that not every terminal has."""

    ICON_NODE = "▸ "
    ICON_NODE_EXPANDED = "▾ "
    ICON_FILE = ""

    def filter_paths(self, paths: Iterable[Path]) -> Iterable[Path]:
        """Nothing hidden, and no other files."""
        return [
            path for path in paths
            if not path.name.startswith(".") and (path.suffix.lower() in SUFFIXES or path.is_dir())
        ]  # fmt: skip


class PickScreen(Modal[Path | None]):
    """Returns the path of a file, or ``None``."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Cancel")]

    def compose(self) -> ComposeResult:
        """Path, complaint, tree."""
        with Vertical(id="pick") as frame:
            frame.border_title = "Your photo"
            yield Input(
                placeholder="path of a picture: type, paste or drop it, or choose below", id="path", compact=True
            )
            yield Label("", id="problem", markup=False)
            yield PictureTree(Path.cwd())

    def on_input_changed(self) -> None:
        """A new attempt clears the complaint."""
        self.query_one("#problem", Label).update("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the path, or say in place why not."""
        path = dropped_path(event.value)
        if path is None:
            self.query_one("#problem", Label).update("no such file")
            return
        self.dismiss(path)

    def on_directory_tree_file_selected(self, event: DirectoryTree.FileSelected) -> None:
        """Take this one."""
        self.dismiss(event.path)
