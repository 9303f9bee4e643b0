"""A display that exists in memory alone, a terminal window on it, and what its pixels are."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
FONT = "DejaVu Sans Mono"


def why_not() -> str:
    """Why there can be no xterm here; empty where there can."""
    missing = [name for name in ("Xvfb", "xterm") if shutil.which(name) is None]
    return f"not installed: {', '.join(missing)}" if missing else ""


@dataclass(frozen=True)
class Display:
    """A display's name, and the file in which the server keeps its pixels."""

    name: str
    memory: Path

    def pixels(self) -> Pixels:
        """The whole screen, (H, W, 3) uint8."""
        content = self.memory.read_bytes()
        header = struct.unpack(">25I", content[:100])  # an X window dump, as xwd writes it
        size, width, height, colours = header[0], header[4], header[5], header[19]
        bits, line, order = header[11], header[12], header[7]
        assert bits == 32 and header[14:17] == (0xFF0000, 0xFF00, 0xFF)
        start = size + 12 * colours
        words = np.frombuffer(content[start : start + line * height], ">u4" if order else "<u4")
        words = words.reshape(height, line // 4)[:, :width]
        return np.stack([words >> 16 & 255, words >> 8 & 255, words & 255], -1).astype(np.uint8)


@contextmanager
def display(folder: Path, width: int = 1600, height: int = 1200) -> Iterator[Display]:
    """Run an X server until the end of the block."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"]
    server = subprocess.Popen(
        [*command, "-fbdir", str(folder)], pass_fds=[writing], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as numbers:
            number = numbers.readline().strip()
        assert number, "Xvfb has ended"
        yield Display(f":{number}", folder / "Xvfb_screen0")
    finally:
        server.terminate()
        server.wait(10)


@contextmanager
def xterm(
    on: Display,
    command: Sequence[str],
    environment: Mapping[str, str],
    columns: int,
    lines: int,
    points: float = 8,
    options: Sequence[str] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in an xterm in the display's top left corner, without border or scroll bar."""
    look = ["-fa", FONT, "-fs", str(points), "-b", "0", "-bw", "0", "+sb", "-bg", "black", "-fg", "white"]
    window = subprocess.Popen(
        ["xterm", "-u8", *look, *options, "-geometry", f"{columns}x{lines}+0+0", "-e", *command],
        env={**environment, "DISPLAY": on.name},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield window
    finally:
        window.terminate()
        window.wait(20)


def half_cells(screen: Pixels, cell: tuple[int, int], top: int, left: int, rows: int, columns: int) -> Pixels:
    """The colours in the middle of each half of each cell, (2 * rows, columns, 3). ``cell`` is (height, width)."""
    height, width = cell
    lines = [round((top + row) * height + height * part) for row in range(rows) for part in (0.25, 0.75)]
    places = [(left + column) * width + width // 2 for column in range(columns)]
    return screen[np.ix_(lines, places)]


def wait_for_pixels(on: Display, wanted: Pixels, cell: tuple[int, int], top: int, left: int, timeout: float) -> None:
    """Wait until a picture is on the screen, pixel by pixel, one per half cell.

    Raises:
        AssertionError: it is not there in time.
    """
    deadline = time.monotonic() + timeout
    while True:
        shown = half_cells(on.pixels(), cell, top, left, len(wanted) // 2, wanted.shape[1])
        if np.array_equal(shown, wanted):
            return
        if time.monotonic() > deadline:
            np.testing.assert_array_equal(shown, wanted)
        time.sleep(0.1)
