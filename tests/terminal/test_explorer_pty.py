"""The whole program on a real terminal: keys in, what a terminal shows out, and what is left behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyte
import pytest
from PIL import Image

from tests.terminal.exploring import (
    LARGE,
    LOADED,
    SMALL,
    assert_restored,
    grid_of,
    is_gone,
    shows,
    wait_for_face,
    wait_until,
)
from tests.terminal.pty_session import CellRegion, PtySession, screen_pixels
from tui_vae.api import VAE
from tui_vae.app.widgets.face import _resized
from tui_vae.latent.explorer import Explorer


def test_a_session_at_80x24(
    command: list[str], environment: Mapping[str, str], vae: VAE, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = Explorer(vae.space)
    monkeypatch.chdir(tmp_path)
    with PtySession(command, environment, 24, 80) as session:
        before = session.modes()
        preview = _resized(vae.preview, grid_of(SMALL))
        session.wait_for(lambda text: "loading the decoder" in text and shows(session, SMALL, preview), LOADED)
        session.send("n")  # kept until the decoder is there
        state.step_dataset(1)
        wait_for_face(session, vae, state.point.z, SMALL, "items/000.png", "index 0 of 0–39", timeout=LOADED)
        assert "loading" not in "".join(session.text())
        assert not session.modes()[1] & termios.OPOST, "the system looks at what is written"

        def shown(*texts: str) -> None:
            wait_for_face(session, vae, state.point.z, SMALL, *texts)

        session.send("0")
        state.reset()
        shown("average")
        session.send("j5l")
        state.select(1)
        state.nudge(5 * 0.1)
        shown("average edited", " 2/8 ", "+0.50")
        session.send("\x1b[B\x1b[1;2C")  # down, shift+right
        state.select(2)
        state.nudge(5 * 0.1)
        shown(" 3/8 ")
        session.send("r")
        seed = int(re.search(r"random (\d+)", session.wait_for(lambda text: " random " in text))[1])  # type: ignore[index]
        state.randomize(seed)
        shown(f"random {seed}")
        session.send("i")
        state.invert()
        shown(f"opposite of random {seed}")
        session.send("g")
        session.wait_for(lambda text: "Go to face (0–39):" in text)
        session.send("44\r")
        session.wait_for(lambda text: "44 is outside: 0 to 39" in text)
        session.send("3\r")
        state.go_to(3)
        shown("items/003.png", "index 3 of 0–39")
        session.send("a9gbt25l")
        state.mark("a")
        state.go_to(9)
        state.mark("b")
        state.start_mix()
        state.set_mix(0.5)
        shown("A to B 50%", "B  50%", "marks AB")
        session.send("\x1b")
        # Or the terminal's escape would be part of the next key.
        session.wait_for(lambda text: "A to B 50%" in text and "B  50%" not in text)
        session.send("t\x1b[D")
        state.start_mix()
        state.set_mix(0)
        shown("B   0%")
        session.send("ti")
        state.invert()
        shown("opposite of")
        session.send("u")
        state.undo()
        shown("A to B 0%")
        session.send("\x12")
        state.redo()
        shown("opposite of")
        session.send("\t")
        state.next_axes()
        shown("raw", "KL 4.00 nats")
        session.send("?")
        session.wait_for(lambda text: "A variational autoencoder has learned" in text)
        session.send("q")
        shown("raw")
        x, y = 60, 3  # the mouse: a click on the second bar of the track's right half
        session.send(f"\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m")
        session.wait_for(lambda text: "›z 0" in text or " 2/8 " in text)
        session.send("3gsq")  # leaving waits for what is being saved
        assert session.wait() == 0
        assert_restored(session, before)
        np.testing.assert_array_equal(np.load("tiny-001.npy"), vae.space.atlas[3])
        with Image.open("tiny-001.png") as picture:
            np.testing.assert_array_equal(np.asarray(picture), vae.decode(vae.space.atlas[3][None])[0])


def test_a_session_at_200x60_that_is_told_to_end(command: list[str], environment: Mapping[str, str], vae: VAE) -> None:
    with PtySession(command, environment, 60, 200) as session:
        before = session.modes()
        wait_for_face(session, vae, vae.space.mean, LARGE, "average", timeout=LOADED)
        session.send("3g")
        wait_for_face(session, vae, vae.space.atlas[3], LARGE, "index 3 of 0–39")
        session.resize(24, 80)
        wait_for_face(session, vae, vae.space.atlas[3], SMALL, "index 3 of 0–39")
        session.resize(12, 40)
        wait_for_face(session, vae, vae.space.atlas[3], CellRegion(3, 1, 4, 8), "1/8  PC 1")
        session.resize(24, 80)
        session.send("0")
        wait_for_face(session, vae, vae.space.mean, SMALL, "average")
        session.terminate(signal.SIGTERM)
        assert session.wait() == 128 + signal.SIGTERM
        assert_restored(session, before)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_the_decoder_is_loading(
    command: list[str], environment: Mapping[str, str], signum: signal.Signals
) -> None:
    with PtySession(command, environment) as session:
        before = session.modes()
        session.wait_for(lambda _: b"loading the decoder" in session.raw, LOADED)
        session.terminate(signum)
        assert session.wait(LOADED) == 128 + signum
        assert_restored(session, before)
        # Nothing that it started is left.
        with pytest.raises(ProcessLookupError):
            os.killpg(session.pid, 0)


def test_quitting_while_the_decoder_is_loading(command: list[str], environment: Mapping[str, str]) -> None:
    with PtySession(command, environment) as session:
        before = session.modes()
        session.wait_for(lambda _: b"loading the decoder" in session.raw, LOADED)
        session.send("q")
        assert session.wait(LOADED) == 0
        assert_restored(session, before)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux whether a process is stopped")
def test_back_from_the_shell_all_of_it_is_drawn_again(command: list[str], environment: Mapping[str, str]) -> None:
    with PtySession(command, environment, 24, 80) as session:
        session.wait_for(lambda text: "PCA 1/8" in text and "Quit" in text, LOADED)
        session.send("\x1a")
        wait_until(lambda: Path(f"/proc/{session.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")
        before = len(session.raw)
        session.terminate(signal.SIGCONT)
        session.wait_for(lambda _: all(text in session.raw[before:] for text in (b"PCA 1/8", b"Quit")))


def test_enter_typed_before_the_program_reads(command: list[str], environment: Mapping[str, str], vae: VAE) -> None:
    with PtySession(command, environment, 24, 80) as session:
        session.send("g12\r")  # the system makes it the end of a line
        wait_for_face(session, vae, vae.space.atlas[12], SMALL, "index 12 of 0–39", timeout=LOADED)
        session.send("q")  # told to end it would keep the place, and offer it to the next test
        assert session.wait() == 0


def test_stopped_from_outside_it_comes_back_and_leaves_as_ever(
    command: list[str], environment: Mapping[str, str]
) -> None:
    with PtySession(command, environment, 24, 80) as session:
        before = session.modes()
        session.wait_for(lambda text: "PCA 1/8" in text and "loading" not in text, LOADED)
        session.terminate(signal.SIGSTOP)
        written = len(session.raw)
        session.terminate(signal.SIGCONT)
        session.wait_for(lambda _: all(text in session.raw[written:] for text in (b"PCA 1/8", b"Quit")))
        session.send("q")
        assert session.wait() == 0
        assert_restored(session, before)


ASLEEP = """
import os, signal, threading
from tui_vae.app.driver import PacedApp

class Asleep(PacedApp):
    def on_mount(self):
        signal.signal(signal.SIGUSR1, lambda *_: os._exit(7))
        threading.Timer(1, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)).start()

Asleep().run()
"""


def test_a_signal_that_another_thread_takes_wakes_the_loop(environment: Mapping[str, str]) -> None:
    with PtySession([sys.executable, "-c", ASLEEP], environment, 24, 80) as session:
        assert session.wait(LOADED) == 7


@pytest.mark.parametrize(
    "changes", [{"NO_COLOR": "1"}, {"TERM": "linux", "COLORTERM": ""}], ids=["NO_COLOR", "TERM=linux"]
)
def test_fewer_colours(command: list[str], environment: Mapping[str, str], changes: Mapping[str, str]) -> None:
    with PtySession(command, {**environment, **changes}) as session:
        before = session.modes()
        session.wait_for(lambda text: "range 1" in text and "loading" not in text, LOADED)
        session.send("5g")
        session.wait_for(lambda text: "items/005.png" in text)
        session.send("?")
        session.wait_for(lambda text: "variational" in text)
        session.send("qq")
        assert session.wait() == 0
        assert_restored(session, before)
        full = set(re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", session.raw))
        if "NO_COLOR" in changes:  # shades of grey for the text, as Textual has it, and the face in characters
            assert full and all(red == green == blue for red, green, blue in full)
            assert "▀".encode() not in session.raw
        else:
            assert not full and not re.search(rb"[34]8;5;", session.raw)
            assert "▀".encode() in session.raw


def test_without_a_terminal_it_prints_a_face(command: list[str], environment: Mapping[str, str], vae: VAE) -> None:
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=LOADED)
    assert done.returncode == 0 and not done.stderr
    lines = done.stdout.decode().splitlines()
    assert len(lines) == 32
    screen = pyte.Screen(80, 33)
    pyte.Stream(screen).feed("\r\n".join(lines))
    shown = screen_pixels(screen, CellRegion(0, 0, 32, 64), (0, 0, 0))
    np.testing.assert_array_equal(shown, vae.decode(vae.space.sample(0)[None], (64, 64))[0])


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_in_tmux_the_colours_are_the_same(
    command: list[str], environment: Mapping[str, str], vae: VAE, tmp_path: Path
) -> None:
    config = tmp_path / "tmux.conf"
    config.write_text("set -g status off\nset -g default-terminal tmux-256color\nset -sg escape-time 0\n")

    def tmux(*arguments: str) -> str:
        base = ["tmux", "-u", "-S", str(tmp_path / "socket"), "-f", str(config)]
        return subprocess.run(
            [*base, *arguments], env=environment, capture_output=True, timeout=20, check=True
        ).stdout.decode()

    def screen() -> pyte.Screen:
        emulated = pyte.Screen(80, 25)
        pyte.Stream(emulated).feed(tmux("capture-pane", "-e", "-p", "-t", "face").replace("\n", "\r\n"))
        return emulated

    def is_shown(z: npt.NDArray[np.float32], text: str) -> bool:
        now = screen()
        try:
            pixels = screen_pixels(now, SMALL, (0, 0, 0))
        except ValueError:
            return False
        return text in "\n".join(now.display) and np.array_equal(pixels, vae.decode(z[None], grid_of(SMALL))[0])

    tmux("new-session", "-d", "-s", "face", "-x", "80", "-y", "24", "env", "COLORTERM=truecolor", *command)
    try:
        wait_until(lambda: is_shown(vae.space.mean, "average"), LOADED)
        tmux("send-keys", "-t", "face", "3", "g")
        wait_until(lambda: is_shown(vae.space.atlas[3], "items/003.png"))
        tmux("send-keys", "-t", "face", "n", "j", "0")
        wait_until(lambda: is_shown(vae.space.mean, " 2/8 "))
        # The window is closed: the program hears of it and goes.
        pid = int(tmux("display-message", "-p", "-t", "face", "#{pane_pid}"))
        assert not is_gone(pid)
        tmux("kill-session", "-t", "face")
        wait_until(lambda: is_gone(pid))
    finally:
        subprocess.run(["tmux", "-S", str(tmp_path / "socket"), "kill-server"], capture_output=True, timeout=20)
