"""From a key press to the last byte of the frame that it causes, through a pseudo-terminal, on an idle link."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.terminal.pty_session import PtySession

KEYS = 60
QUIET = 0.12
"""Seconds without output that end a frame."""


class TimedSession(PtySession):
    """Notes when output comes; answers questions as soon as they are read, and emulates nothing else.

    Not even at the start: an emulator in Python is a slow link, and the explorer would go on as for one.
    """

    last = 0.0

    def _take(self) -> bytes:
        """All that has been written by now: to be woken for each of the system's 4 KB costs a reader in Python more."""
        os.set_blocking(self._master, False)
        taken = [super()._take()]
        with suppress(BlockingIOError):
            while taken[-1]:
                taken.append(super()._take())
        self.last = time.monotonic()
        os.set_blocking(self._master, True)
        return b"".join(taken)

    def _feed(self, data: bytes) -> None:
        for query in (b"?25", b"?7", b"?1004", b"?2004"):
            if b"\x1b[" + query + b"$p" in data:
                self.send(f"\x1b[{query.decode()};1$y")


def bench(rows: int, cols: int) -> None:
    """Press a key, wait for silence, again and again."""
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    command = [sys.executable, "-m", "tui_vae", "--checkpoint", "faces"]
    with TimedSession(command, environment, rows, cols) as session:
        deadline = time.monotonic() + 90
        while (raw := session.raw).rfind(b"marks") <= raw.rfind(b"loading") or time.monotonic() < session.last + 1:
            assert time.monotonic() < deadline, "no face"
            time.sleep(0.1)
        delays, sizes = [], []
        for number in range(KEYS):
            before, pressed = len(session.raw), time.monotonic()
            session.send("\x1b[C" if number // 25 % 2 == 0 else "\x1b[D")
            while session.last < pressed or time.monotonic() < session.last + QUIET:
                time.sleep(0.01)
            delays.append(1000 * (session.last - pressed))
            sizes.append(len(session.raw) - before)
        session.terminate()
    p50, p95 = np.percentile(delays, [50, 95])
    print(
        f"{cols}x{rows}: key to last byte p50 {p50:5.1f} ms, p95 {p95:5.1f} ms; {np.mean(sizes) / 1000:5.1f} KB a key"
    )


def main() -> None:
    """Both sizes."""
    bench(40, 100)
    bench(60, 200)


if __name__ == "__main__":
    main()
