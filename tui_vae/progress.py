"""Progress of anything that takes over a second: one live line on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from types import TracebackType
from typing import Self


def duration(seconds: float) -> str:
    """``5 s``, ``3 min 20 s``, ``2 h 05 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class Progress:
    """Counts ``unit`` from ``start`` to ``total``; shows rate and time left on stderr. ``with`` ends the line.

    A ``total`` of 0 is one that is not known.
    """

    def __init__(self, unit: str, total: int, start: int = 0) -> None:
        self.unit, self.total = unit, total
        self.done = self._first = start
        self._live = sys.stderr.isatty()
        self._every = 0.2 if self._live else 10.0
        self._started = self._shown = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live and self._shown > self._started:
            print(file=sys.stderr)

    def begin(self, text: str) -> None:
        """Say what has to be waited for before anything can be counted; on a terminal only."""
        if self._live:
            self._shown = time.monotonic()
            print(f"\r\x1b[2K{text}", end="", file=sys.stderr, flush=True)

    def advance(self, count: int, note: str = "") -> None:
        """Add ``count``; show a line when one is due, with ``note`` at its end."""
        self.done += count
        now = time.monotonic()
        if now - self._shown < self._every and not (self._live and self.done >= self.total > 0):
            return
        self._shown = now
        rate = (self.done - self._first) / max(now - self._started, 1e-9)
        line = f"{self.done:,} {self.unit}  {rate:,.0f}/s  {note}".rstrip()
        if self.total:
            left = duration((self.total - self.done) / max(rate, 1e-9))
            line = f"{self.done:,}/{self.total:,} {self.unit}  {rate:,.0f}/s  {left} left  {note}".rstrip()
        if self._live:  # a wrapped line cannot be redrawn
            line = line[: shutil.get_terminal_size().columns - 1]
        print(f"\r\x1b[2K{line}" if self._live else line, end="" if self._live else "\n", file=sys.stderr, flush=True)
