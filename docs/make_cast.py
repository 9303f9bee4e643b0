"""Record the explorer as an asciicast by driving it on a pseudo-terminal: ``python docs/make_cast.py``.

Writes docs/demo.cast (``--output``); ``asciinema play docs/demo.cast`` shows it. The terminal takes ``--rate`` bytes a
second as a slow link does, so that the recording stays small: the explorer paces itself.
"""

from __future__ import annotations

import argparse
import codecs
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.terminal.slow_link import SlowSession
from tui_vae.files import whole_file
from tui_vae.render.cast import recording

OUTPUT: Final = Path(__file__).parent / "demo.cast"
LARGEST: Final = 3_500_000
LONGEST_PAUSE: Final = 2.5
"""Seconds that nothing may happen in the recording; the wait for the decoder is cut to it."""
LOADED: Final = 120.0
QUIET: Final = 3.0

# Questions would be answered by the terminal of whoever plays it, mouse reports would outlive a player that is stopped.
NOT_SHOWN: Final = re.compile(
    rb"\x1b\[\?[0-9]+\$p|\x1b\[\??[0-9]*n|\x1b\[[>=]?[0-9]*c|\x1b\[\?u|\x1b\[>[0-9]*q|\x1b\[[<>][0-9;]*u|\x1bP[^\x1b]*\x1b\\"
    rb"|\x1b\][0-9;]*\?(?:\x07|\x1b\\)|\x1b\[\?(?:1000|1002|1003|1004|1006|1015|1016|2004)[hl]|\x1b\[1[468]t"
    rb"|\^\[\[\?[0-9;]+\$y"  # the echo of an answer that came when the program had gone
)


class Keys(NamedTuple):
    """Keys, one after another ``every`` so many seconds, ``times`` over; then ``rest`` seconds to look."""

    keys: Sequence[str]
    times: int = 1
    every: float = 0.15
    rest: float = 2.0


RIGHT, LEFT, UP, DOWN, TAB, ESC, ENTER = "\x1b[C", "\x1b[D", "\x1b[A", "\x1b[B", "\t", "\x1b", "\r"
SCRIPT: Final = (
    Keys(["r"], 3, 1.5),
    Keys([RIGHT], 20),
    Keys([DOWN]),
    Keys([LEFT], 20),
    Keys([TAB], 2, 1.0),
    Keys(["L"], 5, 0.4),
    Keys(["u"], 3, 0.5),
    Keys(["e"], 1, 0.0, 3.0),  # the traversal strip
    Keys([RIGHT], 5, 0.3),
    Keys([ENTER, ESC], 1, 1.0),
    Keys(["E"], 1, 0.0, 3.0),  # the grid over two axes
    Keys([DOWN, RIGHT, ENTER, ESC], 1, 0.6),
    Keys(["n"], 3, 1.0),
    Keys(["N"], 1, 0.0, 3.0),  # the nearest faces
    Keys([RIGHT, ENTER], 2, 1.0),
    Keys([ESC]),
    Keys(["m"], 1, 0.0, 2.0),  # the map
    Keys([RIGHT, UP], 15, 0.12),
    Keys([ENTER, ESC], 1, 1.0),
    Keys(["F"], 1, 0.0, 1.0),
    Keys([*"smiling and not eyeglasses", ENTER], 1, 0.08, 3.0),
    Keys([RIGHT, RIGHT, ENTER, ESC], 1, 0.5),
    Keys(["a"], 1, 1.0, 1.0),
    Keys(["r"], 1, 1.0, 1.5),
    Keys(["b", "t"], 1, 1.0),
    Keys([RIGHT], 10, 0.2),
    Keys([" "], 1, 0.0, 8.0),
    Keys([" ", ESC], 1, 0.5),
    Keys(["T", DOWN, ENTER], 1, 1.0, 10.0),  # a tour
    Keys([ESC]),
    Keys(["z"], 1, 0.0, 2.0),  # the undo tree
    Keys([UP, UP, UP, ENTER, ESC], 1, 0.5),
    Keys(["0"]),
    Keys(["?"], 1, 0.0, 5.0),
    Keys([ESC], 1, 0.0, 1.0),
    Keys(["q"], 1, 0.0, 1.0),
)


class Recorder(SlowSession):
    """A session that keeps what was written with its time."""

    def __init__(self, *arguments: object, **more: object) -> None:
        self.written: list[tuple[float, bytes]] = []
        super().__init__(*arguments, **more)  # type: ignore[arg-type]

    def _take(self) -> bytes:
        data = super()._take()
        self.written.append((time.monotonic(), data))
        return data

    def settle(self, ready: Callable[[str], bool]) -> None:
        """Wait until the screen is as it should be, and stays so for a while."""
        started = time.monotonic()
        while True:
            self.wait_for(ready, LOADED)
            if self.written and time.monotonic() - self.written[-1][0] > QUIET:
                return
            if time.monotonic() - started > LOADED:
                raise SystemExit("the program does not come to rest")
            time.sleep(0.1)


def shown(written: Sequence[tuple[float, bytes]]) -> Iterator[tuple[float, str]]:
    """Times from 0 and text, without what a player must not pass on, no pause longer than ``LONGEST_PAUSE``."""
    whole = b"".join(data for _, data in written)
    cuts = [match.span() for match in NOT_SHOWN.finditer(whole)]
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    begin, clock, before, next_cut = 0, 0.0, None, 0
    for moment, data in written:
        end, kept = begin + len(data), b""
        while begin < end:
            while next_cut < len(cuts) and cuts[next_cut][1] <= begin:
                next_cut += 1
            first, last = cuts[next_cut] if next_cut < len(cuts) else (end, end)
            if begin < first:
                kept += whole[begin : min(first, end)]
            begin = min(end, last if first <= begin else first)
        if text := decoder.decode(kept):
            clock += 0.0 if before is None else min(moment - before, LONGEST_PAUSE)
            before = moment
            yield round(clock, 3), text


def record(
    command: Sequence[str],
    columns: int,
    lines: int,
    rate: float,
    script: Iterable[Keys],
    ready: Callable[[str], bool] = bool,
) -> Recorder:
    """Run a program, press the keys once its screen is ``ready``, wait for its end; all that was written is kept."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "LC_ALL": "C.UTF-8"}
        environment |= {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "XDG_STATE_HOME": folder,
            "XDG_DATA_HOME": folder,
        }
        with Recorder(command, environment, lines, columns, rate) as session:
            session.settle(ready)
            for keys in script:
                for key in list(keys.keys) * keys.times:
                    session.send(key)
                    time.sleep(keys.every)
                time.sleep(keys.rest)
            session.wait(30.0)
            return session


def decoding(screen: str) -> bool:
    """Whether the explorer is ready for keys: it is drawn, and its decoder is no longer being loaded."""
    return "range" in screen and "loading" not in screen


def main() -> None:
    """Record, and say how long and how large the recording is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--columns", type=int, default=80)
    parser.add_argument("--lines", type=int, default=24)
    parser.add_argument("--rate", type=float, default=22_000, help="bytes a second that the terminal takes")
    options = parser.parse_args()
    command = [sys.executable, "-m", "tui_vae", "--thin", "--fps", "12", "--color", "truecolor"]
    session = record(command, options.columns, options.lines, options.rate, SCRIPT, decoding)
    events = list(shown(session.written))
    with whole_file(options.output) as scratch:
        lines = recording(options.columns, options.lines, int(time.time()), events, "tui-vae")
        scratch.write_text("".join(lines), encoding="utf-8", newline="\n")
    size = options.output.stat().st_size
    print(f"{options.output}: {events[-1][0]:.0f} s, {size / 1e6:.2f} MB")
    if size > LARGEST:
        raise SystemExit(f"larger than {LARGEST / 1e6:g} MB: lower --rate, or wait longer between keys")


if __name__ == "__main__":
    main()
