"""What tests of the whole program on a terminal share: where the face is, waiting for it, what must be left behind."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.terminal.pty_session import CellRegion, PtySession
from tui_vae.api import VAE

ROOT = Path(__file__).parents[2]
LOADED = 60.0
"""Seconds to load JAX and compile, on a machine that is busy with other things."""
SMALL, LARGE = CellRegion(1, 1, 20, 40), CellRegion(1, 1, 56, 112)
"""Where the face is at 80x24 and at 200x60."""

Pixels = npt.NDArray[np.uint8]


def grid_of(region: CellRegion) -> tuple[int, int]:
    return 2 * region.height, region.width


def shows(session: PtySession, region: CellRegion, image: Pixels) -> bool:
    """Whether the picture is on the screen, pixel by pixel; in the middle of a frame there may be other characters."""
    try:
        return np.array_equal(session.pixels(region), image)
    except ValueError:
        return False


def wait_for_face(
    session: PtySession, vae: VAE, z: npt.NDArray[np.float32], region: CellRegion, *texts: str, timeout: float = 60.0
) -> None:
    """Wait until the decoded face of a point is shown, and these texts with it."""
    image = vae.decode(z[None], grid_of(region))[0]
    session.wait_for(lambda screen: all(text in screen for text in texts) and shows(session, region, image), timeout)


def final_modes(raw: bytes) -> dict[int, bool]:
    """The private modes that a program has set or reset, and how it left them."""
    modes: dict[int, bool] = {}
    for numbers, action in re.findall(rb"\x1b\[\?([\d;]+)([hl])", raw):
        modes |= {int(number): action == b"h" for number in numbers.split(b";")}
    return modes


def assert_restored(session: PtySession, before: list[object]) -> None:
    """The terminal is as it was: main screen, cursor, no mouse reports, line editing and echo."""
    raw = session.raw
    assert b"\x1b[?1049h" in raw and b"\x1b[?1000h" in raw
    assert raw.rindex(b"\x1b[?1049l") > raw.rindex(b"\x1b[?1049h")
    assert raw.rindex(b"\x1b[?25h") > raw.rindex(b"\x1b[?25l")
    modes = final_modes(raw)
    assert modes.pop(25) is True
    modes.pop(7, None)  # wrapping is on in every terminal to begin with
    assert not any(modes.values()), modes
    assert len(re.findall(rb"\x1b\[>\d+u", raw)) == len(re.findall(rb"\x1b\[<\d*u", raw))  # the kitty keyboard stack
    assert session.modes() == before
    assert "Traceback" not in "".join(session.text())


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_until(predicate: Callable[[], bool], timeout: float = 60.0) -> None:
    deadline = time.monotonic() + timeout
    while not predicate():
        assert time.monotonic() < deadline
        time.sleep(0.02)
