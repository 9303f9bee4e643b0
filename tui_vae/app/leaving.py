"""Leaving when told to, or when nobody is there any more: signals, and a terminal that has gone.

Not through the event loop alone: in front of a dead link Textual waits, on leaving, for its writing thread, and asyncio
would never come to its signal handlers.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from asyncio import AbstractEventLoop
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

SIGNALS = ("SIGHUP", "SIGTERM")
HUNG_UP = 1  # SIGHUP's number, also where a platform does not name it
PATIENCE = 5.0
"""Seconds that the program has to end by itself, with the terminal restored, before it is ended."""


class Leaving:
    """Keeps what must be kept, once, and then ends the program with 128 + signal, whatever the event loop is doing.

    Args:
        keep: Saves the state. Called in the main thread or in a thread of its own; what it raises does not matter.
        leave: Ends the app with an exit status. Called on the event loop.
        loop: That loop.
    """

    def __init__(self, keep: Callable[[], object], leave: Callable[[int], object], loop: AbstractEventLoop) -> None:
        self._keep, self._leave, self._loop = keep, leave, loop
        self._begun, self._ended = threading.Lock(), threading.Event()
        self._before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}

    def watch(self) -> None:
        """Heed signals, and the terminal on standard input where it is one. For the main thread."""
        for name in SIGNALS:
            if (number := getattr(signal, name, None)) is not None:
                self._before[number] = signal.signal(number, self._on_signal)
        if sys.__stdin__ is not None and sys.__stdin__.isatty() and hasattr(select, "poll"):
            threading.Thread(target=self._watch, args=(sys.__stdin__.fileno(),), name="hang-up", daemon=True).start()

    def end(self) -> None:
        """The program has been left and its process goes on: whoever has it now leaves in their own way."""
        self._begun.acquire(blocking=False)
        self._ended.set()
        for number, before in self._before.items():
            signal.signal(number, before)

    def begin(self, number: int) -> None:
        """Keep and leave, as if signal ``number`` had come. Only the first call counts. From any thread."""
        if not self._begun.acquire(blocking=False):
            return
        # First: keeping may wait for a disk for ever.
        threading.Thread(target=self._see_to_it, args=(128 + number,), name="leaving", daemon=True).start()
        with suppress(Exception):
            self._keep()
        with suppress(RuntimeError):  # the loop has been closed: the program is ending anyway
            self._loop.call_soon_threadsafe(self._leave, 128 + number)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.begin(number)

    def _watch(self, terminal: int) -> None:
        # No event is asked for, so that only a hang-up wakes it: keys are the driver's. Under nohup there is no signal.
        poll = select.poll()
        poll.register(terminal, 0)
        with suppress(OSError):
            poll.poll()
            self.begin(HUNG_UP)

    def _see_to_it(self, status: int) -> None:
        if not self._ended.wait(PATIENCE):
            os._exit(status)
