"""``tui-vae render`` on a terminal: what is drawn fits, long ones tell how far they are, Ctrl+C leaves nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

from tests.terminal.exploring import LOADED, ROOT
from tests.terminal.pty_session import CellRegion, PtySession
from tui_vae.api import load


def rendering(tiny_path: Path, *arguments: str) -> PtySession:
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tui_vae", "render", "--checkpoint", str(tiny_path), *arguments]
    return PtySession(command, environment, rows=24, cols=80)


def test_a_strip_shows_its_faces_side_by_side(tiny_path: Path) -> None:
    with rendering(tiny_path, "--sheet", "0-2") as session:
        assert session.wait(LOADED) == 0
        assert "0: 000" in "\n".join(session.text())
        vae = load(tiny_path)
        for number, face in enumerate(vae.decode(vae.space.atlas.latents[:3], (26, 26))):
            assert np.array_equal(session.pixels(CellRegion(0, 27 * number, 13, 26)), face)


def test_ctrl_c_ends_a_film_with_130_and_nothing_left(tiny_path: Path, tmp_path: Path) -> None:
    bars = ",".join(f"PC {number}" for number in range(1, 9))
    output = ["--seconds", "120", "--size", "200", "--output", str(tmp_path / "a.cast")]
    with rendering(tiny_path, "--traverse", bars, *output) as session:
        session.wait_for(lambda screen: "/19,200 pictures" in screen, LOADED)
        session.send("\x03")
        assert session.wait(LOADED) == 130
        assert "Traceback" not in "\n".join(session.text())
    assert list(tmp_path.iterdir()) == []
