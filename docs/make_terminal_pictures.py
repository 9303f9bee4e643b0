"""Take pictures of the explorer in a real xterm window: ``python docs/make_terminal_pictures.py``.

Needs Xvfb, xterm and the DejaVu fonts (Debian: xvfb, xterm, fonts-dejavu-core).
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.terminal.x_server import Display, Pixels, display, why_not, xterm
from tui_vae.api import load
from tui_vae.app.session import Session
from tui_vae.latent.explorer import Explorer

FOLDER = Path(__file__).parent / "pictures"
COLUMNS, LINES, POINTS = 100, 32, 8.0
INDEX = 1
LOOKS = {
    "terminal-xterm-truecolor": (["--color", "truecolor"], []),
    "terminal-xterm-256": (["--color", "256"], []),
    "terminal-xterm-sixel": (["--graphics", "sixel"], ["-ti", "vt340"]),
}
"""Options of the explorer and of xterm."""

STILL, LONGEST = 3.0, 90.0
"""Seconds: nothing has changed for so long once all is drawn; and to wait at most."""


def settled(screen: Display) -> Pixels:
    """The screen's pixels once they have stopped to change."""
    started = changed = time.monotonic()
    shown = screen.pixels()
    while time.monotonic() - changed < STILL or time.monotonic() - started < 4 * STILL:
        if time.monotonic() - started > LONGEST:
            raise SystemExit("the picture does not come to rest")
        time.sleep(0.2)
        now = screen.pixels()
        if not np.array_equal(now, shown):
            shown, changed = now, time.monotonic()
    return shown


def main() -> None:
    """Take all of them."""
    if reason := why_not():
        raise SystemExit(reason)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "LC_ALL": "C.UTF-8"}
    with tempfile.TemporaryDirectory() as folder, display(Path(folder), 1280, 1024) as screen:
        environment["XDG_STATE_HOME"] = os.environ["XDG_STATE_HOME"] = folder
        model = load("faces")
        state = Explorer(model.space)
        state.go_to(INDEX)
        for name, (options, window) in LOOKS.items():
            Session(model).save(state)  # what is gone back to at the start: there is nobody to press a key
            command = [sys.executable, "-m", "tui_vae", *options, "--resume"]
            with xterm(screen, command, environment, COLUMNS, LINES, POINTS, window):
                pixels = settled(screen)
            lit = (pixels != 0).any(-1)
            height, width = lit.any(1).nonzero()[0].max() + 1, lit.any(0).nonzero()[0].max() + 1
            path = FOLDER / f"{name}.png"
            Image.fromarray(pixels[:height, :width]).save(path, optimize=True)
            print(f"{path.name}: {width}x{height}, {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
