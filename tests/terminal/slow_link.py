"""The explorer at the far end of a slow link: a terminal that takes so many bytes a second, and a program that notes
how long its event loop stood still."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.terminal.pty_session import PtySession

PIECE = 0.01
"""Seconds of the link that are read at once."""


class SlowSession(PtySession):
    """A session whose terminal reads `rate` bytes a second and no more."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], rows: int, cols: int, rate: float) -> None:
        self.rate = rate
        self.reads: list[tuple[float, int]] = []
        super().__init__(command, env, rows, cols)

    def _take(self) -> bytes:
        started = time.monotonic()
        data = os.read(self._master, max(1, int(self.rate * PIECE)))
        time.sleep(max(0.0, len(data) / self.rate - (time.monotonic() - started)))
        self.reads.append((time.monotonic(), len(data)))
        return data

    def bytes_since(self, moment: float) -> int:
        """What has been read after a moment."""
        return sum(size for when, size in list(self.reads) if when > moment)

    def resident(self) -> int:
        """The program's memory in bytes."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


class Gap(NamedTuple):
    """The event loop did not run for so many seconds, up to a moment on the monotonic clock."""

    end: float
    seconds: float


@contextmanager
def probed(checkpoint: str, folder: Path, env: Mapping[str, str], size: tuple[int, int], rate: float) -> Iterator[Any]:
    """An explorer on a slow link, as (session, gaps); `gaps` is filled when the program has been left with q."""
    notes = folder / "gaps.json"
    command = [sys.executable, "-m", "tests.terminal.slow_link", checkpoint, str(notes)]
    gaps: list[Gap] = []
    with SlowSession(command, env, *size, rate) as session:
        yield session, gaps
        session.rate = 1e7
        session.send("q")
        session.wait(30)
    gaps += [Gap(*gap) for gap in json.loads(notes.read_text())]


def press(session: PtySession, seconds: float, rate: float = 30.0) -> float:
    """Hold the right arrow key, which moves a bar; returns the moment of the last press."""
    started = time.monotonic()
    for number in range(int(seconds * rate)):
        time.sleep(max(0.0, started + number / rate - time.monotonic()))
        # There and back, so that the bar does not stay at its end.
        session.send("\x1b[C" if number // 25 % 2 == 0 else "\x1b[D")
    return time.monotonic()


def main(checkpoint: str, notes: str) -> None:
    """Run the explorer and note the gaps."""
    from tui_vae.api import load
    from tui_vae.app import app as app_module
    from tui_vae.model import guest

    class ProbedApp(app_module.ExplorerApp):
        CSS_PATH = Path(app_module.__file__).with_name("explorer.tcss")

        def on_ready(self) -> None:
            self.gaps: list[Gap] = []
            self.probe = asyncio.create_task(self.watch())

        async def watch(self) -> None:
            while True:
                before = time.monotonic()
                await asyncio.sleep(0.002)
                now = time.monotonic()
                if now - before > 0.012:
                    self.gaps.append(Gap(now, now - before - 0.002))

    guest.behave()
    app = ProbedApp(load(checkpoint))
    app.run()
    Path(notes).write_text(json.dumps(app.gaps))


if __name__ == "__main__":
    main(*sys.argv[1:])
