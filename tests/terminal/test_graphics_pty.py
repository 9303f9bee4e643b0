"""The whole program on terminals that show real pixels, and on some that do not."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.terminal.exploring import LOADED, SMALL, assert_restored, wait_for_face, wait_until
from tests.terminal.picture_reading import PictureSession, is_inside_frames, kitty_screen, last_sixels
from tests.terminal.slow_link import SlowSession, press
from tui_vae.api import VAE
from tui_vae.terminal import sixel

FACE = (320, 320)
"""Pixels of the face at 80x24 in cells of 16x8."""


def wait_for_kitty(session: PictureSession, image: npt.NDArray[np.uint8], timeout: float = 60.0) -> None:
    """Wait until this one picture is on the screen, and nothing but blanks below it."""

    def is_there() -> bool:
        try:
            shown = [*kitty_screen(session.raw).values()]
        except (AssertionError, ValueError):  # in the middle of a frame
            return False
        return len(shown) == 1 and np.array_equal(shown[0].image, image)

    wait_until(is_there, timeout)


def is_blank(session: PictureSession) -> bool:
    return all(line[1:41].strip(" │") == "" for line in session.text()[1:21])


def test_kitty_shows_the_decoded_pixels_and_keeps_none(
    command: list[str], environment: dict[str, str], vae: VAE
) -> None:
    def decoded(z: npt.NDArray[np.float32], grid: tuple[int, int] = FACE) -> npt.NDArray[np.uint8]:
        return vae.decode(z[None], grid)[0]

    with PictureSession(command, environment, kitty=True, attributes="62", typed="7g") as session:
        before = session.modes()
        wait_for_kitty(session, decoded(vae.space.atlas[7]), LOADED)  # typed while it answered
        (shown,) = kitty_screen(session.raw).values()
        assert shown[:4] == (1, 1, 20, 40) and is_blank(session)
        session.send("3g")
        wait_for_kitty(session, decoded(vae.space.atlas[3]))
        session.send("?")  # in front of the face: cells
        session.wait_for(lambda text: "variational" in text)
        wait_until(lambda: not kitty_screen(session.raw))
        session.send("q")
        wait_for_kitty(session, decoded(vae.space.atlas[3]))
        session.send("g")  # this prompt leaves the face alone
        session.wait_for(lambda text: "Go to face" in text)
        assert len(kitty_screen(session.raw)) == 1
        session.send("5\r")
        wait_for_kitty(session, decoded(vae.space.atlas[5]))
        session.cell = (20, 9)  # another font
        session.resize(24, 100)
        wait_for_kitty(session, decoded(vae.space.atlas[5], (360, 360)))
        assert is_inside_frames(session.raw, rb"\x1b_Ga=")
        session.terminate(signal.SIGTERM)
        assert session.wait() == 128 + signal.SIGTERM
        assert not kitty_screen(session.raw)
        assert_restored(session, before)


def test_sixels_are_written_again_where_cells_have_hurt_them(
    command: list[str], environment: dict[str, str], vae: VAE
) -> None:
    def is_shown(z: npt.NDArray[np.float32]) -> bool:
        found = last_sixels(session.raw)
        image = vae.decode(z[None], FACE)[0]
        made = sixel.encode(image, *FACE, grain=8).encode()
        return found is not None and found[:2] == (1, 1) and made in session.raw

    with PictureSession(command, environment, attributes="62;4;22") as session:
        before = session.modes()
        session.send("3g")
        wait_until(lambda: is_shown(vae.space.atlas[3]), LOADED)
        session.wait_for(lambda _: is_blank(session))
        count = session.raw.count(b"\x1bP0;1;0q")
        session.send("f")  # the status line changes by itself, and the picture is not sent for it
        session.wait_for(lambda text: "sixel 320x320" in text)
        time.sleep(1.2)
        assert session.raw.count(b"\x1bP0;1;0q") == count
        session.send("?")
        session.wait_for(lambda text: "variational" in text)
        assert session.raw.count(b"\x1bP0;1;0q") == count
        session.send("q")
        wait_until(lambda: session.raw.count(b"\x1bP0;1;0q") > count)
        assert is_inside_frames(session.raw, rb"\x1bP0;1;0q")
        session.send("q")
        assert session.wait() == 0
        assert_restored(session, before)


def test_the_picture_of_a_model_that_was_closed_goes(command: list[str], environment: dict[str, str], vae: VAE) -> None:
    with PictureSession(command, environment, kitty=True) as session:
        wait_for_kitty(session, vae.decode(vae.space.mean[None], FACE)[0], LOADED)
        session.send("\x0f")
        session.wait_for(lambda text: "avatars" in text)
        session.send("\r")
        session.wait_for(lambda text: " avatars  ·" in text and "loading" not in text, LOADED)
        wait_until(lambda: len(kitty_screen(session.raw)) == 1)
        session.send("?")
        session.wait_for(lambda text: "variational" in text)
        wait_until(lambda: not kitty_screen(session.raw), 10)
        session.send("qq")  # told to end it would keep its place for the next test
        assert session.wait() == 0


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux whether a process is stopped")
def test_no_picture_stays_while_it_is_suspended(command: list[str], environment: dict[str, str], vae: VAE) -> None:
    with PictureSession(command, environment, kitty=True) as session:
        average = vae.decode(vae.space.mean[None], FACE)[0]
        wait_for_kitty(session, average, LOADED)
        session.send("\x1a")
        wait_until(lambda: Path(f"/proc/{session.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")
        wait_until(lambda: session.raw.endswith(b"\x1b[?1004l"))
        assert not kitty_screen(session.raw)
        session.terminate(signal.SIGCONT)
        wait_for_kitty(session, average)


@pytest.mark.parametrize(
    ("options", "changes", "answers", "said"),
    [
        ([], {}, {"attributes": "62;4", "cell": None}, None),  # nobody knows where sixels would end
        ([], {"TMUX": "/tmp/none,1,0"}, {"kitty": True, "attributes": "62;4"}, None),
        (["--graphics", "sixel"], {}, {"kitty": True}, "no sixel graphics in this terminal"),
    ],
    ids=["no cell size", "tmux", "not the one named"],
)
def test_elsewhere_the_face_is_in_cells(
    command: list[str],
    environment: Mapping[str, str],
    vae: VAE,
    options: list[str],
    changes: dict[str, str],
    answers: dict[str, object],
    said: str | None,
) -> None:
    with PictureSession([*command, *options], {**environment, **changes}, **answers) as session:  # type: ignore[arg-type]
        if said:
            session.wait_for(lambda text: said in text, LOADED)
        wait_for_face(session, vae, vae.space.mean, SMALL, timeout=LOADED)
        assert not re.search(rb"\x1b_Ga=T|\x1bP0;1;0q", session.raw)
        is_asked = b"\x1b_Gi=31" in session.raw
        assert is_asked == (not changes)
        session.send("3g")
        wait_for_face(session, vae, vae.space.atlas[3], SMALL)


class SlowPictures(SlowSession, PictureSession):
    """Real pixels at the end of a slow link."""

    def __init__(self, command: list[str], env: Mapping[str, str], rate: float) -> None:
        self.rate, self.reads = rate, []
        PictureSession.__init__(self, command, env, kitty=True)


def test_a_slow_link_gets_fewer_pixels_while_the_face_moves_and_then_all(
    command: list[str], environment: dict[str, str], vae: VAE
) -> None:
    with SlowPictures(command, environment, 150_000) as session:
        image = vae.decode(vae.space.mean[None], FACE)[0]
        wait_for_kitty(session, image, LOADED)
        press(session, 3.0)
        session.send("0")
        wait_for_kitty(session, image, 30)
        kitty_screen(session.raw, every := [])
        sides = [len(shown.image) for shown in every]
        assert sides[0] == sides[-1] == 320 and min(sides) < 160
        assert all((shown.lines, shown.columns) == (20, 40) for shown in every)
