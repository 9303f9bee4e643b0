"""A photo and a mirror in the whole program on a real terminal, and what is left behind."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tui_vae
from tests.terminal.exploring import LOADED, SMALL, assert_restored, wait_for_face
from tests.terminal.pty_session import PtySession
from tests.unit.test_photo_camera import place, written
from tests.unit.test_photo_detect import placed
from tui_vae.api import VAE
from tui_vae.photo.choosing import open_photo


@pytest.fixture(scope="module")
def frame() -> np.ndarray:
    return placed(tui_vae.load("faces").preview, *place(0), canvas=np.full((240, 320, 3), 150, np.uint8))


def test_a_photo_is_opened_and_taken(
    command: list[str], environment: Mapping[str, str], vae: VAE, frame: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "me.png"
    Image.fromarray(frame).save(path)
    z = vae.encode(open_photo(path).part(0, vae.frame, vae.architecture.input)[None])[0]
    with PtySession([*command, "--photo", str(path)], environment, 24, 80) as session:
        before = session.modes()
        session.wait_for(lambda text: "face 1 of 1" in text and "encoding" not in text, LOADED)
        session.send("\r")
        wait_for_face(session, vae, z, SMALL, "photo me.png")
        session.send("q")
        assert session.wait() == 0
        assert_restored(session, before)


@pytest.mark.parametrize("end", ["quit", "SIGTERM", "hang-up"])
def test_a_mirror_ends_however_it_is_left(
    end: str, command: list[str], environment: Mapping[str, str], frame: np.ndarray, tmp_path: Path
) -> None:
    path = written(tmp_path / "me.avi", [frame] * 900, 30)
    environment = {**environment, "XDG_STATE_HOME": str(tmp_path / "state")}
    with PtySession([*command, "--camera", str(path)], environment, 24, 80) as session:
        before = session.modes()
        session.wait_for(lambda text: "fps · face found" in text and "loading" not in text, LOADED)
        if end == "hang-up":
            session.hang_up()
            assert session.wait() == 128 + signal.SIGHUP
            return
        if end == "quit":
            session.send("\r")
            session.wait_for(lambda text: "video me.avi" in text)
            session.send("q")
        else:
            session.terminate()
        assert session.wait() == (0 if end == "quit" else 128 + signal.SIGTERM)
        assert_restored(session, before)


def test_a_camera_that_is_not_there_is_told_before_the_terminal_is_taken(
    command: list[str], environment: Mapping[str, str]
) -> None:
    with PtySession([*command, "--camera", "97"], environment, 24, 80) as session:
        assert session.wait(LOADED) == 2
        assert b"\x1b[?1049h" not in session.raw
        assert "tui-vae: error: camera 97: not there" in "".join(session.text())
        assert session.raw.strip().count(b"\n") == 0
