"""Somebody's own decoder on a real terminal: what it draws, and what is told when it fails."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.terminal.exploring import LOADED, SMALL, assert_restored, grid_of, shows
from tests.terminal.pty_session import PtySession
from tui_vae.guests import open_function
from tui_vae.latent.explorer import Explorer

MODULE = """
import numpy as np
import tui_vae

W = np.random.default_rng(0).standard_normal((4, 12 * 12 * 3)).astype(np.float32)

def decode(z):
    if z[0, 0] > 90:
        raise RuntimeError("too [b]far[/b] out")
    return 1 / (1 + np.exp(-(z @ W).reshape(-1, 3, 12, 12)))

if __name__ == "__main__":
    tui_vae.explore(decode, np.diag([2, 1, 1, 1]).astype(np.float32), names="abcd")
    print("back in the script")
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mine.py").write_text(MODULE)
    latents = np.random.default_rng(1).standard_normal((20, 4)).astype(np.float32)
    latents[7] = 99
    np.save(tmp_path / "encoded.npy", latents)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_decoder_from_the_shell(place: Path, environment: Mapping[str, str]) -> None:
    names: dict[str, object] = {"__name__": "mine"}
    exec(MODULE, names)
    model = open_function(names["decode"], np.load(place / "encoded.npy"))  # type: ignore[arg-type]
    state = Explorer(model.space)
    command = [sys.executable, "-m", "tui_vae", "--decoder", "mine:decode", "--latents", "encoded.npy"]
    with PtySession(command, environment, 24, 80) as session:
        before = session.modes()

        def shown(*texts: str, timeout: float = 60.0) -> None:
            image = model.decode(state.point.z[None], grid_of(SMALL))[0]
            session.wait_for(lambda text: all(t in text for t in texts) and shows(session, SMALL, image), timeout)

        shown("average", "mine:decode", timeout=LOADED)
        session.send("3gj5l")
        state.go_to(3)
        state.select(1)
        state.nudge(0.5)
        shown("item 3 edited", "PC 2")
        session.send("i")
        state.invert()
        shown("opposite of item 3 edited")
        session.send("7g")  # one that the decoder does not like
        assert session.wait() == 2
        said = "".join(line.rstrip() for line in session.text())
        told = re.search(r"the decoder raised RuntimeError: too \[b\]far\[/b\] out \((.*?):9\); traceback: (\S+)", said)
        assert told is not None and told[1] == str(place / "mine.py")
        assert_restored(session, before)


def test_a_script_goes_on_when_the_explorer_is_left(place: Path, environment: Mapping[str, str]) -> None:
    with PtySession([sys.executable, "mine.py"], environment, 24, 80) as session:
        session.wait_for(lambda text: "decode" in text and "average" in text, LOADED)
        session.send("n")
        session.wait_for(lambda text: "─ a ─" in text)
        session.send("q")
        assert session.wait() == 0
        assert "back in the script" in "".join(session.text())
