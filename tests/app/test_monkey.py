"""Any keys, in any order: nothing raises, the bars are the latent, undo returns the same bits, locked bars stay.

``make test`` presses 2,000 keys, ``make monkey`` 100,000; ``MONKEY_SEED`` chooses others.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual import events
from textual.keys import _character_to_key

from tests.app.cartoon import Cartoon
from tests.app.driving import Drive, steady_app
from tests.app.stills import Encoding, put_stills
from tests.conftest import Checkpoint
from tui_vae import paths
from tui_vae.app import exports
from tui_vae.app.actions import ACTIONS
from tui_vae.app.exports import Kind, Order, Subject
from tui_vae.app.opening import Opened
from tui_vae.app.screens.explorer import ExplorerScreen
from tui_vae.errors import UserError
from tui_vae.latent.explorer import Explorer
from tui_vae.latent.point import Point
from tui_vae.model import checkpoint as checkpoints

KEYS = int(os.environ.get("MONKEY_KEYS", "2000"))
SEED = int(os.environ.get("MONKEY_SEED", "7"))
BURST = 25
LEFT_ALONE = {"suspend"}  # the shell is not the program's; quitting is pressed, and does nothing here
AT_RANDOM = sorted({key for action in ACTIONS if action.id not in LEFT_ALONE for key in action.keys})
FREE = [*AT_RANDOM, *"123456789", "backspace", "space", "enter", "escape"]
# What chance alone would hardly ever press in this order.
PHRASES = (
    ("C", "enter"),
    ("O", *"us.jpg", "enter"),
    ("ctrl+o", "down", "enter"),
    ("X", "enter", "enter"),
    ("T", "enter"),
)
PHRASE_PART = 0.01
SMALL = {"size": 32, "faces": 3, "seconds": 0.2, "tour": "dataset"}


class Watch:
    """What must hold between any two keys."""

    def __init__(self, state: Explorer) -> None:
        self.state = state
        self.atlas = state.space.atlas.latents.copy()
        self.kept: dict[int, tuple[Point, bytes]] = {}

    def look(self) -> None:
        """The bars show the latent, points have the bits that they had, the atlas is untouched."""
        state = self.state
        values, z = state.values(), state.point.z
        assert np.array_equal(values, state.axes.values(z)) and np.isfinite(values).all()
        assert z.dtype == np.float32 and np.isfinite(z).all()
        assert 0 <= state.selected < len(state.axes)
        assert state.mix is None or 0 <= state.mix <= 1
        _, bits = self.kept.setdefault(id(state.point), (state.point, z.tobytes()))  # held: no other gets its id
        assert z.tobytes() == bits

    def look_around(self) -> None:
        """There and back again is the same point; nothing of the past or of the dataset has changed."""
        state = self.state
        before = state.point.z.tobytes()  # bits: a point that a tour only passes becomes a step of its own
        if state.undo():
            assert state.redo() and state.point.z.tobytes() == before
        assert all(point.z.tobytes() == bits for point, bits in self.kept.values())
        assert np.array_equal(state.space.atlas.latents, self.atlas)


def locked_values(state: Explorer) -> dict[tuple[str, int], float]:
    kinds = {axes.name: axes for axes in state.kinds}
    return {(name, bar): float(kinds[name].values(state.point.z)[bar]) for name, bar in state.locks if name in kinds}


async def monkey(drive: Drive, keys: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> tuple[int, set[str]]:
    """Press keys at random, a burst at a time; returns how many different points that led to, and the screens seen."""
    rng = random.Random(seed)
    watches = [Watch(drive.state)]
    show = ExplorerScreen._show

    def watch() -> Watch:
        if watches[-1].state is not drive.state:  # another checkpoint has been opened
            watches.append(Watch(drive.state))
        return watches[-1]

    def show_and_look(screen: ExplorerScreen) -> None:
        show(screen)
        if screen is drive.screen:
            watch().look()

    monkeypatch.setattr(ExplorerScreen, "_show", show_and_look)
    seen: set[str] = set()
    for start in range(0, keys, BURST):
        burst = [rng.choice(FREE) for _ in range(min(BURST, keys - start))]
        if rng.random() < PHRASE_PART * BURST:
            burst[:0] = rng.choice(PHRASES)
        try:
            for key in burst:
                name = _character_to_key(key) if len(key) == 1 else key
                drive.app.post_message(events.Key(name, key if len(key) == 1 else None))
            await drive.settle()
            watch().look()
            watch().look_around()
            seen.add(type(drive.app.screen).__name__)
        except BaseException as error:
            error.add_note(f"keys {start} on of seed {seed}: {' '.join(burst)}")
            raise
        assert drive.app.is_running, f"ended by keys {start} on of seed {seed}: {' '.join(burst)}"
    return sum(len(each.kept) for each in watches), seen


@pytest.fixture
def folder(tmp_path: Path, tiny: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with pictures and checkpoints. Whatever is pressed, nothing is written elsewhere, no camera
    is opened, and the program is not left."""
    for name in ("DATA", "STATE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    (work / "us.jpg").write_bytes(b"")
    (work / "bad.safetensors").write_bytes(b"\0" * 64)
    checkpoints.write(work / "one.safetensors", tiny)
    monkeypatch.setattr(paths, "checkpoint_folders", lambda: [work])
    put_stills(monkeypatch)
    write = exports.write

    def write_here(kind: Kind, subject: Subject, order: Order, *how: Any) -> None:
        if not order.path.resolve().is_relative_to(work):
            raise UserError("not here")
        write(kind, subject, replace(order, **SMALL), *how)

    async def stay(screen: ExplorerScreen) -> None: ...

    monkeypatch.setattr(exports, "write", write_here)
    monkeypatch.setattr(ExplorerScreen, "action_quit", stay)
    return work


def reopened(path: Path) -> Opened:
    """Any sound checkpoint as another cartoon."""
    checkpoints.read(path)
    return Opened(Encoding())


@pytest.mark.timeout(7200)
async def test_any_keys_whatever(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = steady_app(Encoding())
    app._open = reopened
    async with app.run_test(size=(80, 24)) as pilot:
        drive = Drive(app, pilot)
        await drive.settle()
        await drive.frame()
        points, seen = await monkey(drive, KEYS, SEED, monkeypatch)
        assert points > KEYS / 100 and len(seen) > 4
        while drive.app.screen is not drive.screen:
            await drive.type("escape")
        await drive.type("escape", "escape", "0")
        await drive.frame()
        drive.assert_face(drive.screen.model)
    assert {path.name for path in folder.parent.iterdir()} <= {"work", "STATE"}


@pytest.mark.parametrize("seed", range(3))
def test_locked_bars_stay_under_every_move(seed: int) -> None:
    rng = random.Random(seed)
    state = Explorer(Cartoon().space)
    moves = [
        lambda: state.nudge(rng.uniform(-1, 1)),
        lambda: state.set_bar(rng.randrange(len(state.axes)), rng.uniform(-3, 3)),
        lambda: state.randomize(rng.randrange(1000)),
        lambda: state.vary(rng.randrange(1000)),
        lambda: state.select(rng.randrange(len(state.axes))),
        lambda: state.next_axes(1),
    ]
    for _ in range(4):
        state.select(rng.randrange(len(state.axes)))
        state.toggle_lock()
    for _ in range(KEYS // 10):
        before = locked_values(state)
        rng.choice(moves)()
        assert locked_values(state) == pytest.approx(before, abs=1e-3)
