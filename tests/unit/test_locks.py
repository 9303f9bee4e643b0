"""Locked bars stay to 1e-4 sigma, and the others move by what they were asked for or say that they cannot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.conftest import LATENT, make_checkpoint
from tests.unit.conftest import Clock
from tui_vae.api import space_of
from tui_vae.latent.axes import Axes
from tui_vae.latent.explorer import Explorer
from tui_vae.latent.recipe import DECIMALS

SPACE = space_of(make_checkpoint())
EXACT = 1e-4
BARS = [(axes.name, bar) for axes in SPACE.axes for bar in range(len(axes))]
locks = st.sets(st.sampled_from(BARS), min_size=1, max_size=LATENT + 2)
seeds = st.integers(0, 10_000)


def axes_named(name: str) -> Axes:
    return next(axes for axes in SPACE.axes if axes.name == name)


def locked_values(explorer: Explorer) -> np.ndarray:
    return np.array([axes_named(name).values(explorer.point.z)[bar] for name, bar in sorted(explorer.locks)])


def standing(seed: int, locked: set[tuple[str, int]]) -> Explorer:
    explorer = Explorer(SPACE, Clock())
    explorer.randomize(seed)
    explorer.set_locks(locked)
    return explorer


@given(seed=seeds, locked=locks, bar=st.sampled_from(BARS), by=st.floats(-2, 2))
def test_a_move_keeps_locked_bars_and_moves_by_what_was_asked_for(
    seed: int, locked: set[tuple[str, int]], bar: tuple[str, int], by: float
) -> None:
    explorer = standing(seed, locked)
    explorer.wide = True
    while explorer.axes.name != bar[0]:
        explorer.next_axes()
    explorer.select(bar[1])
    point, before, value = explorer.point, locked_values(explorer), explorer.values()[bar[1]]
    assume(abs(value + by) < 6 and abs(by) > 1e-3)
    moved = explorer.nudge(by)
    assert locked_values(explorer) == pytest.approx(before, abs=EXACT)
    if moved:
        assert explorer.held() == "" and bar not in locked
        assert explorer.values()[bar[1]] - value == pytest.approx(by, abs=EXACT)
    else:
        assert explorer.point is point
        assert explorer.held() and "\n" not in explorer.held()


@given(seed=seeds, locked=locks, draw=seeds, move=st.sampled_from(["randomize", "vary"]))
def test_random_moves_keep_locked_bars(seed: int, locked: set[tuple[str, int]], draw: int, move: str) -> None:
    explorer = standing(seed, locked)
    before = locked_values(explorer)
    getattr(explorer, move)(draw)
    assert locked_values(explorer) == pytest.approx(before, abs=EXACT)
    again = standing(seed, locked)
    getattr(again, move)(draw)
    assert again.point.z.tobytes() == explorer.point.z.tobytes()


@given(seed=seeds, free=st.integers(0, LATENT - 1))
def test_whether_a_bar_is_held_is_a_matter_of_dimensions(seed: int, free: int) -> None:
    explorer = standing(seed, {("PCA", bar) for bar in range(LATENT) if bar != free})
    for bar in range(LATENT):
        explorer.select(bar)
        assert explorer.nudge(0.05 if explorer.values()[bar] < 0 else -0.05) == (bar == free)
    everything = standing(seed, {("PCA", bar) for bar in range(LATENT)})
    everything.next_axes()
    assert not everything.nudge(-0.1 if everything.values()[0] > 0 else 0.1) and not everything.reset_bar()
    before = everything.point.z
    everything.randomize(1)
    assert everything.point.z == pytest.approx(before, abs=1e-4)


def test_an_edit_goes_no_further_than_it_must() -> None:
    # Of all steps that keep the lock and move the bar, none is shorter in whitened coordinates.
    explorer = standing(3, {("attributes", 1)})
    explorer.next_axes(-1)
    before = SPACE.pca.values(explorer.point.z).astype(float)
    assert explorer.nudge(-0.5, 0)
    step = SPACE.pca.values(explorer.point.z) - before
    rows = explorer.axes.readout.astype(float) @ SPACE.pca.directions.T.astype(float)
    shortest = np.linalg.lstsq(rows, np.array([-0.5, 0.0]), rcond=None)[0]
    assert step == pytest.approx(shortest, abs=1e-4)


def test_a_draw_under_locks_varies_as_the_atlas_does_in_what_is_free() -> None:
    explorer = standing(1, {("PCA", 0), ("PCA", 3)})
    draws = []
    for seed in range(800):
        explorer.randomize(seed)
        draws.append(SPACE.pca.values(explorer.point.z))
    spread = np.std(draws, axis=0)
    assert np.delete(spread, [0, 3]) == pytest.approx(np.ones(LATENT - 2), abs=0.1)
    assert spread[[0, 3]] == pytest.approx([0, 0], abs=1e-4)


@given(seed=seeds, by=st.floats(-1, 1), bar=st.sampled_from(BARS))
def test_without_locks_a_move_is_the_axes_own_to_the_last_bit(seed: int, by: float, bar: tuple[str, int]) -> None:
    explorer = Explorer(SPACE, Clock())
    explorer.randomize(seed)
    explorer.wide = True
    assert explorer.toggle_lock() and not explorer.toggle_lock() and not explorer.locks
    while explorer.axes.name != bar[0]:
        explorer.next_axes()
    start, now = explorer.point.z, float(explorer.values()[bar[1]])
    assume(abs(now + by) < 6 and now + by != now)
    assert explorer.nudge(by, bar[1])
    step = round((now + by) - now, DECIMALS)  # as the recipe says it
    assert explorer.point.z.tobytes() == explorer.axes.move(start, bar[1], step).tobytes()
    explorer.randomize(seed)
    assert explorer.point.z.tobytes() == SPACE.sample(seed).tobytes()


def test_a_locked_bar_says_so() -> None:
    explorer = standing(1, set())
    assert explorer.toggle_lock(2) and explorer.is_locked(2) and not explorer.is_locked(1)
    assert explorer.held(2) == "PC 3 is locked" and explorer.held(1) == ""
    with pytest.raises(ValueError, match="PC 3 is locked"):
        explorer.enter_value("1", 2)
    explorer.set_locks({("PCA", bar) for bar in range(LATENT)})
    explorer.next_axes()
    assert explorer.held(0) == f"{explorer.axes.labels[0]} cannot move: the locked bars hold it"


@pytest.mark.parametrize("lock", [("PCA", LATENT), ("PCA", -1), ("ICA", 0)])
def test_a_lock_on_nothing_is_refused(lock: tuple[str, int]) -> None:
    explorer = standing(1, {("PCA", 0)})
    with pytest.raises(ValueError, match=r"no bar|no axes"):
        explorer.set_locks({lock})
    assert explorer.locks == {("PCA", 0)}


@given(seed=seeds, locked=locks, bar=st.sampled_from(BARS))
def test_a_bars_direction_is_where_a_move_leads(seed: int, locked: set[tuple[str, int]], bar: tuple[str, int]) -> None:
    explorer = standing(seed, locked)
    while explorer.axes.name != bar[0]:
        explorer.next_axes()
    direction, moved = explorer.direction(bar[1]), explorer.moved(bar[1], 1.0)
    assert (direction is None) == (moved is None)
    if direction is not None and moved is not None:
        scale = 1 + np.abs(direction).max()
        np.testing.assert_allclose(moved.z - explorer.point.z, direction, atol=1e-4 * scale)
