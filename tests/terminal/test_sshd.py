"""Over a real sshd: the explorer starts, reacts, is resized, and a connection that drops loses nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.terminal.exploring import LOADED, SMALL, grid_of, is_gone, wait_for_face, wait_until
from tests.terminal.own_sshd import OwnSshd, own_sshd, slow_road, why_not
from tests.terminal.pty_session import CellRegion, PtySession
from tui_vae.api import VAE
from tui_vae.latent.explorer import Explorer
from tui_vae.terminal.colour import ColourDepth, quantise

WHY_NOT = why_not()
MIDDLE = CellRegion(1, 1, 26, 52)
"""Where the face is at 100x30."""
RATE, DELAY = 125_000.0, 0.05  # 1 Mbit/s, 100 ms there and back
NAMES = ("XDG_CACHE_HOME", "XDG_DATA_HOME", "PYTHONPATH", "LC_ALL")

pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)


@pytest.fixture
def remote(environment: Mapping[str, str], tmp_path: Path) -> dict[str, str]:
    """What the program needs on the other side, where sshd hands on nothing but TERM."""
    return {name: environment[name] for name in NAMES if name in environment} | {"XDG_STATE_HOME": str(tmp_path)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnSshd]:
    with own_sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


def explorers(model: Path) -> list[int]:
    """The process ids of explorers of this model. Their command lines name it; nobody else's does but ssh's own."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if str(model).encode() in words and b"tui_vae" in words and not is_gone(int(entry.name)):
                found.append(int(entry.name))
    return found


def use_and_cut_off(client: list[str], environment: Mapping[str, str], vae: VAE, model: Path, folder: Path) -> None:
    """Start, look, move, resize, kill the client; nothing runs on, and the next session goes on where this one was."""
    environment = {**environment, "TERM": "xterm-direct"}  # the only sign of 24-bit colours that sshd lets through
    state = Explorer(vae.space)
    with PtySession(client, environment, 24, 80) as session:
        wait_for_face(session, vae, vae.space.mean, SMALL, "average", timeout=LOADED)
        session.send("3g")
        state.go_to(3)
        wait_for_face(session, vae, state.point.z, SMALL, "items/003.png")
        session.resize(30, 100)
        wait_for_face(session, vae, state.point.z, MIDDLE, "items/003.png", timeout=LOADED)
        session.resize(24, 80)
        wait_for_face(session, vae, state.point.z, SMALL, "items/003.png")
        session.send("aj5l")
        state.mark("a")
        state.select(1)
        state.nudge(0.5)
        wait_for_face(session, vae, state.point.z, SMALL, "items/003.png edited")
        running = explorers(model)
        assert running, "the test looks for the wrong processes"
        session.terminate(signal.SIGKILL)
        session.wait()
        wait_until(lambda: not explorers(model))
        assert all(is_gone(pid) for pid in running)
    (place,) = (folder / "tui-vae" / "places").iterdir()
    assert json.loads(place.read_text())["point"]["origin"] == "items/003.png edited"
    with PtySession(client, environment, 24, 80) as session:
        session.wait_for(lambda text: "' goes back to items/003.png edited" in text, LOADED)
        session.send("'")
        wait_for_face(session, vae, state.point.z, SMALL, "items/003.png edited", "marks A", timeout=LOADED)
        session.send("q")
        assert session.wait() == 0
    assert not place.exists()


def test_over_ssh(
    server: OwnSshd,
    command: list[str],
    environment: Mapping[str, str],
    remote: Mapping[str, str],
    vae: VAE,
    tiny_path: Path,
    tmp_path: Path,
) -> None:
    use_and_cut_off(server.client(command, remote), environment, vae, tiny_path, tmp_path)


def test_over_a_slow_road(
    server: OwnSshd,
    command: list[str],
    environment: Mapping[str, str],
    remote: Mapping[str, str],
    vae: VAE,
    tiny_path: Path,
    tmp_path: Path,
) -> None:
    with slow_road(server.port, RATE, DELAY) as road:
        use_and_cut_off(server.client(command, remote, road), environment, vae, tiny_path, tmp_path)


@contextmanager
def shaped_namespace() -> Iterator[tuple[str, ...]]:
    """A network of its own whose loopback is shaped by the kernel: what to put in front of commands that use it."""
    if shutil.which("unshare") is None or shutil.which("nsenter") is None or shutil.which("tc") is None:
        pytest.skip("unshare, nsenter or tc is not installed")
    if os.geteuid():
        pytest.skip("a namespace in which sshd can change users needs root")
    holder = subprocess.Popen(["unshare", "-n", "sleep", "600"], stderr=subprocess.PIPE)
    try:
        own = Path("/proc/self/ns/net").readlink()
        deadline = time.monotonic() + 10
        while holder.poll() is None and Path(f"/proc/{holder.pid}/ns/net").readlink() == own:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        if holder.poll() is not None:
            pytest.skip(f"no network namespaces here: {holder.stderr.read().decode().strip() if holder.stderr else ''}")
        prefix = ("nsenter", "-t", str(holder.pid), "-n")
        subprocess.run([*prefix, "ip", "link", "set", "lo", "mtu", "1500", "up"], check=True, timeout=20)
        shape = [*prefix, "tc", "qdisc", "add", "dev", "lo", "root"]
        netem = subprocess.run([*shape, "netem", "rate", "1mbit", "delay", "50ms"], capture_output=True, timeout=20)
        if netem.returncode:  # a kernel without netem: the rate alone
            tbf = ["tbf", "rate", "1mbit", "burst", "4kb", "latency", "400ms"]
            shaped = subprocess.run([*shape, *tbf], capture_output=True, text=True, timeout=20)
            if shaped.returncode:
                pytest.skip(f"the kernel shapes no links: {shaped.stderr.strip()}")
        yield prefix
    finally:
        holder.terminate()
        holder.wait()


def test_over_a_link_that_the_kernel_shapes(
    command: list[str],
    environment: Mapping[str, str],
    remote: Mapping[str, str],
    vae: VAE,
    tiny_path: Path,
    tmp_path: Path,
) -> None:
    (keys := tmp_path / "keys").mkdir()
    with shaped_namespace() as prefix, own_sshd(keys, prefix) as server:
        use_and_cut_off(server.client(command, remote), environment, vae, tiny_path, tmp_path)


def test_with_a_name_that_says_nothing_of_colours_there_are_256(
    server: OwnSshd, command: list[str], environment: Mapping[str, str], remote: Mapping[str, str], vae: VAE
) -> None:
    """COLORTERM is set where the client runs, and is not handed on."""
    assert environment["COLORTERM"] == "truecolor" and environment["TERM"] == "xterm-256color"
    image = quantise(vae.decode(vae.space.atlas[3][None], grid_of(SMALL))[0], ColourDepth.ANSI_256)
    with PtySession(server.client(command, remote), environment, 24, 80) as session:
        session.wait_for(lambda text: "range 1" in text, LOADED)
        session.send("3g")

        def is_shown(_: str) -> bool:
            try:
                return np.array_equal(session.pixels(SMALL), image)
            except ValueError:
                return False

        session.wait_for(is_shown, LOADED)
        session.send("q")
        assert session.wait() == 0
