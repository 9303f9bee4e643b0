"""Any keys, in any order: nothing raises, the bars are the latent, undo returns the same bits, locked bars stay.

``make test`` presses 2,000 keys, ``make monkey`` 100,000; ``MONKEY_SEED`` chooses others.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np
import pytest
from textual import events
from textual.keys import _character_to_key

from tests.app.cartoon import Cartoon
from tests.app.driving import Drive, driving
from tui_vae.app.actions import ACTIONS
from tui_vae.latent.explorer import Explorer
from tui_vae.latent.point import Point

KEYS = int(os.environ.get("MONKEY_KEYS", "2000"))
SEED = int(os.environ.get("MONKEY_SEED", "7"))
BURST = 25
# What leads out of the program, to files, or (by the palette and by a letter on Quit) to either.
LEFT_ALONE = {"quit", "suspend", "photo", "camera", "checkpoints", "save", "export"} | {"palette", "theme", "jump"}
AT_RANDOM = sorted({key for action in ACTIONS if action.id not in LEFT_ALONE for key in action.keys})
FREE = [*AT_RANDOM, *"123456789", "backspace", "space", "enter", "escape"]


def leaves_alone(key: str) -> bool:
    """Whether a key belongs to what is left alone, in the explorer."""
    return any(key in action.keys for action in ACTIONS if action.id in LEFT_ALONE)


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


async def monkey(drive: Drive, keys: int, seed: int) -> int:
    """Press keys at random, a burst at a time; returns how many different points that led to."""
    rng = random.Random(seed)
    watch = Watch(drive.state)
    pressable = [key for key in FREE if not leaves_alone(key)]
    show = drive.screen._show

    def show_and_look() -> None:
        show()
        watch.look()

    drive.screen._show = show_and_look  # type: ignore[method-assign]
    for start in range(0, keys, BURST):
        burst = [rng.choice(pressable) for _ in range(min(BURST, keys - start))]
        try:
            for key in burst:
                name = _character_to_key(key) if len(key) == 1 else key
                drive.app.post_message(events.Key(name, key if len(key) == 1 else None))
            await drive.settle()
            watch.look()
            watch.look_around()
        except BaseException as error:
            error.add_note(f"keys {start} on of seed {seed}: {' '.join(burst)}")
            raise
        assert drive.app.is_running, f"ended by keys {start} on of seed {seed}: {' '.join(burst)}"
    return len(watch.kept)


@pytest.mark.timeout(7200)
async def test_any_keys_whatever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with driving(Cartoon()) as drive:
        assert await monkey(drive, KEYS, SEED) > KEYS / 100
    assert not list(tmp_path.iterdir())


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
