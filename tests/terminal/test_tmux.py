"""Through tmux and GNU screen: what comes out on the other side is what was meant."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyte
import pytest

from tests.terminal.exploring import LOADED, SMALL, grid_of, wait_for_face, wait_until
from tests.terminal.pty_session import PtySession, screen_pixels
from tui_vae.api import VAE, load
from tui_vae.terminal.colour import ColourDepth, _linear, quantise

Pixels = npt.NDArray[np.uint8]
needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
CONFIG = (
    "set -g status off\nset -g default-terminal tmux-256color\nset -sg escape-time 0\n"
    "set -as terminal-features ',xterm-256color:RGB'\n"
)


class Tmux:
    """A server of the test's own."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)
        (folder / "tmux.conf").write_text(CONFIG)
        self.base = ["tmux", "-u", "-S", str(folder / "socket"), "-f", str(folder / "tmux.conf")]

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self.base, *arguments], env=self.environment, capture_output=True, timeout=20, check=True
        )
        return done.stdout.decode()

    def pixels(self) -> Pixels | None:
        """The face as tmux itself has it, from `capture-pane`; `None` in the middle of a frame."""
        emulated = pyte.Screen(80, 25)
        pyte.Stream(emulated).feed(self("capture-pane", "-e", "-p", "-t", "face").replace("\n", "\r\n"))
        try:
            return screen_pixels(emulated, SMALL, (0, 0, 0))
        except ValueError:
            return None


@pytest.fixture
def tmux(tmp_path: Path, environment: Mapping[str, str]) -> Iterator[Tmux]:
    run = Tmux(tmp_path, environment)
    yield run
    subprocess.run([*run.base, "kill-server"], env=run.environment, capture_output=True, timeout=20)


@needs_tmux
def test_the_terminal_outside_tmux_shows_every_colour_and_a_client_that_comes_back_sees_all_again(
    tmux: Tmux, command: list[str], environment: Mapping[str, str], vae: VAE
) -> None:
    start = [*tmux.base, "new-session", "-s", "face", "env", "COLORTERM=truecolor", *command]
    with PtySession(start, environment, 24, 80) as session:
        wait_for_face(session, vae, vae.space.mean, SMALL, "average", timeout=LOADED)
        session.send("3g")
        wait_for_face(session, vae, vae.space.atlas[3], SMALL, "items/003.png")
        assert np.array_equal(tmux.pixels(), vae.decode(vae.space.atlas[3][None], grid_of(SMALL))[0])
        tmux("detach-client", "-s", "face")
        assert session.wait() == 0
    with PtySession([*tmux.base, "attach", "-t", "face"], environment, 24, 80) as session:
        wait_for_face(session, vae, vae.space.atlas[3], SMALL, "items/003.png")
        session.send("n")
        wait_for_face(session, vae, vae.space.atlas[4], SMALL, "items/004.png")
        session.send("q")
        assert session.wait() == 0


def as_seen(image: Pixels) -> npt.NDArray[np.float64]:
    """The picture as an eye blends it that does not tell neighbouring pixels quite apart: 1-2-1 each way, in light."""
    light = np.pad(_linear(image), ((1, 1), (1, 1), (0, 0)), "edge")
    light = light[:-2] + 2 * light[1:-1] + light[2:]
    light = (light[:, :-2] + 2 * light[:, 1:-1] + light[:, 2:]) / 16
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def decibels(image: npt.NDArray[np.generic], other: npt.NDArray[np.generic]) -> float:
    return float(10 * np.log10(255**2 / np.mean((image.astype(float) - other.astype(float)) ** 2)))


@needs_tmux
def test_in_256_colours_a_real_face_is_dithered_as_meant_and_looks_right(tmux: Tmux) -> None:
    """28 dB as it is seen. Pixel by pixel no choice out of the 256 colours reaches that: the nearest ones give 26."""
    faces = load("faces")
    decoded = faces.decode(faces.space.mean[None], grid_of(SMALL))[0]
    command = ["env", "-u", "COLORTERM", sys.executable, "-m", "tui_vae"]
    tmux("new-session", "-d", "-s", "face", "-x", "80", "-y", "24", *command)  # by its TERM alone: 256 colours
    meant = quantise(decoded, ColourDepth.ANSI_256)
    wait_until(lambda: np.array_equal(tmux.pixels(), meant), LOADED)
    shown = tmux.pixels()
    assert shown is not None and not np.array_equal(shown, decoded)
    assert decibels(as_seen(shown), as_seen(decoded)) > 28


@pytest.mark.skipif(shutil.which("screen") is None, reason="GNU screen is not installed")
def test_through_gnu_screen_256_colours_come_out_as_meant(
    command: list[str], environment: Mapping[str, str], vae: VAE, tmp_path: Path
) -> None:
    (tmp_path / "screenrc").write_text("startup_message off\ndefutf8 on\naltscreen on\nterm screen-256color\n")
    (sockets := tmp_path / "sockets").mkdir(mode=0o700)
    start = ["screen", "-U", "-c", str(tmp_path / "screenrc"), "-S", "face"]
    # The terminal around it has 24-bit colours and says so; screen hands that on, and garbles them.
    assert environment["COLORTERM"] == "truecolor"
    with PtySession([*start, *command], {**environment, "SCREENDIR": str(sockets)}) as session:
        for keys, z in (("", vae.space.mean), ("3g", vae.space.atlas[3])):
            session.send(keys)
            meant = quantise(vae.decode(z[None], grid_of(SMALL))[0], ColourDepth.ANSI_256)

            def is_shown(_: str, meant: Pixels = meant) -> bool:
                try:
                    return np.array_equal(session.pixels(SMALL), meant)
                except ValueError:
                    return False

            session.wait_for(is_shown, LOADED)
        session.send("q")
        assert session.wait() == 0
