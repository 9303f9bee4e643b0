"""Jump mode: a letter on every control; typing it goes there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import ascii_lowercase
from typing import ClassVar, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Offset
from textual.widgets import Label

from tui_vae.app.screens.modal import Modal


class Target(NamedTuple):
    """A control: where its label goes on the screen, in cells, and what going there means."""

    place: Offset
    go: Callable[[], object]


def labels(count: int) -> list[str]:
    """``count`` labels of one letter, or of two where letters do not suffice; none is the beginning of another.

    Raises:
        ValueError: more than 26 * 26.
    """
    letters = len(ascii_lowercase)
    if count > letters**2:
        raise ValueError(f"there are no labels for {count} controls")
    pairs_of = 0  # so many letters begin pairs, the others stand alone
    while letters - pairs_of + pairs_of * letters < count:
        pairs_of += 1
    alone = ascii_lowercase[: letters - pairs_of]
    pairs = (first + second for first in ascii_lowercase[letters - pairs_of :] for second in ascii_lowercase)
    return [*alone, *pairs][:count]


class JumpScreen(Modal[Target | None]):
    """Lies over the explorer with a label on each target; returns the one whose label was typed, or ``None``."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Leave")]

    def __init__(self, targets: Sequence[Target]) -> None:
        super().__init__()
        self._targets = dict(zip(labels(len(targets)), targets, strict=True))
        self._typed = ""
        self._sizes = 0

    def compose(self) -> ComposeResult:
        """One label per target."""
        for name, target in self._targets.items():
            label = Label(name, classes="jump", markup=False)
            label.styles.offset = target.place
            yield label

    def on_key(self, event: events.Key) -> None:
        """A letter of a label; any other key leaves."""
        if event.key == "escape":
            return
        event.stop()
        self._typed += event.character or "?"
        if self._typed in self._targets:
            self.dismiss(self._targets[self._typed])
        elif not any(name.startswith(self._typed) for name in self._targets):
            self.dismiss(None)
        else:
            for label in self.query(".jump").results(Label):
                label.display = str(label.content).startswith(self._typed)

    def on_click(self) -> None:
        """The mouse needs no labels."""
        self.dismiss(None)

    def on_resize(self) -> None:
        """The labels would be elsewhere."""
        self._sizes += 1
        if self._sizes == 2:
            self.dismiss(None)
