"""The status line: what was just said, then how things stand."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

MESSAGE_SECONDS = 4.0


class StatusLine(Static):
    """One line of facts. A message goes in front of them for a few seconds: a toast would lie over what it is about."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._facts = ""
        self._message = Content()
        self._timer: Timer | None = None

    def show(self, facts: Iterable[str]) -> None:
        """Show these facts from now on, the most urgent first."""
        text = "  ·  ".join(facts)
        if text != self._facts:
            self._facts = text
            self._draw()

    def say(self, text: str, *, problem: bool = False) -> None:
        """Tell something."""
        self._message = Content.styled(text, f"bold ${'error' if problem else 'accent'}")
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(MESSAGE_SECONDS, self._forget)
        self._draw()

    def _forget(self) -> None:
        self._message = Content()
        self._draw()

    def _draw(self) -> None:
        parts = (self._message, "  ·  ", self._facts) if self._message else (self._facts,)
        self.update(Content.assemble(*parts), layout=False)
