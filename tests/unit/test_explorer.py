"""The explorer's state: what each move does."""

from __future__ import annotations

import numpy as np
import pytest

from tests.conftest import ITEMS, LATENT, make_checkpoint
from tests.unit.conftest import Clock
from tui_vae.api import space_of
from tui_vae.latent.explorer import BAR_LIMIT, SPREADS, Explorer

MADE = make_checkpoint()
SPACE = space_of(MADE)
ATLAS = SPACE.atlas.latents.copy()
MEAN = SPACE.mean.copy()


@pytest.fixture
def explorer(clock: Clock) -> Explorer:
    return Explorer(SPACE, clock)


def test_it_starts_at_the_average(explorer: Explorer) -> None:
    assert np.array_equal(explorer.point.z, MEAN)
    assert (explorer.point.origin, explorer.point.index, explorer.selected) == ("average", None, 0)
    assert not explorer.values().any()


def test_a_nudge_moves_the_selected_bar_and_no_other(explorer: Explorer) -> None:
    explorer.select(3)
    explorer.nudge(0.5)
    expected = np.zeros(LATENT)
    expected[3] = 0.5
    assert explorer.values() == pytest.approx(expected, abs=1e-5)
    assert explorer.point.origin == "average edited"
    explorer.nudge(-0.25, bar=1)
    expected[1] = -0.25
    assert explorer.values() == pytest.approx(expected, abs=1e-5)
    assert explorer.point.origin == "average edited"


@pytest.mark.parametrize("way", [1, -1])
def test_a_bar_stops_at_the_limit(explorer: Explorer, way: int) -> None:
    for _ in range(40):
        explorer.nudge(0.1 * way)
    assert explorer.values()[0] == pytest.approx(BAR_LIMIT * way, abs=1e-4)
    point = explorer.point
    explorer.set_bar(0, 99 * way)
    assert explorer.values()[0] == pytest.approx(BAR_LIMIT * way, abs=1e-4)
    assert explorer.point.z == pytest.approx(point.z, abs=1e-4)


@pytest.mark.parametrize("way", [1, -1])
def test_a_bar_beyond_the_limit_may_only_come_back(explorer: Explorer, way: int) -> None:
    explorer.spread, explorer.source = 3.0, "posterior"
    far = next(seed for seed in range(1000) if np.random.default_rng(seed).standard_normal(LATENT)[0] * way > 1.5)
    explorer.randomize(far)
    start = float(explorer.values()[0]) * way
    assert start > BAR_LIMIT + 1
    explorer.nudge(0.5 * way)
    assert explorer.values()[0] * way == pytest.approx(start)
    explorer.nudge(-0.5 * way)
    assert explorer.values()[0] * way == pytest.approx(start - 0.5, abs=1e-4)
    explorer.set_bar(0, -99 * way)
    assert explorer.values()[0] * way == pytest.approx(-BAR_LIMIT, abs=1e-4)


def test_reset_bar_puts_one_bar_to_zero(explorer: Explorer) -> None:
    explorer.randomize(1)
    explorer.select(2)
    before = explorer.values()
    explorer.reset_bar()
    before[2] = 0
    assert explorer.values() == pytest.approx(before, abs=1e-5)


def test_resetting_a_bar_at_zero_is_no_step(explorer: Explorer) -> None:
    explorer.reset_bar()
    assert not explorer.undo()


def test_selection_stops_at_both_ends_and_is_kept_per_axes(explorer: Explorer) -> None:
    explorer.select(99)
    assert explorer.selected == LATENT - 1
    explorer.next_axes(-1)
    assert (explorer.axes.name, explorer.selected) == ("attributes", 0)
    explorer.select(99)
    assert explorer.selected == 1
    explorer.select(-5)
    assert explorer.selected == 0
    explorer.next_axes()
    assert (explorer.axes.name, explorer.selected) == ("PCA", LATENT - 1)


def test_switching_axes_goes_nowhere(explorer: Explorer) -> None:
    explorer.randomize(4)
    point = explorer.point
    for _ in range(3):
        explorer.next_axes()
        assert explorer.point is point
    assert explorer.axes.name == "PCA"


def test_a_seed_is_the_same_face_as_the_command_line_draws(explorer: Explorer) -> None:
    explorer.randomize(7)
    assert explorer.point.z.tobytes() == SPACE.sample(7).tobytes()
    assert explorer.point.origin == "random 7"


def test_randomize_without_a_seed_names_the_seed_that_it_took(explorer: Explorer) -> None:
    explorer.randomize()
    seed = int(explorer.point.origin.removeprefix("random "))
    assert np.array_equal(explorer.point.z, SPACE.sample(seed))
    explorer.randomize()
    assert explorer.point.origin != f"random {seed}"


def test_the_range_goes_by_notches_and_stops_at_both_ends(explorer: Explorer) -> None:
    assert explorer.spread == 1.0
    explorer.change_spread(1)
    assert explorer.spread == SPREADS[SPREADS.index(1.0) + 1]
    explorer.change_spread(-1)
    assert explorer.spread == 1.0
    seen = []
    for _ in SPREADS:
        explorer.change_spread(-1)
        seen.append(explorer.spread)
    assert seen == sorted(seen, reverse=True) and seen[-1] == SPREADS[0]
    explorer.change_spread(999)
    assert explorer.spread == SPREADS[-1]


def test_inverting_says_so_once(explorer: Explorer) -> None:
    explorer.go_to(3)
    name = explorer.point.origin
    explorer.invert()
    assert (explorer.point.origin, explorer.point.index) == (f"opposite of {name}", None)
    explorer.invert()
    assert explorer.point.origin == name
    assert explorer.point.z == pytest.approx(ATLAS[3], abs=1e-5)


def test_the_dataset_goes_around_both_ends(explorer: Explorer) -> None:
    explorer.step_dataset(1)
    assert explorer.point.index == 0
    explorer.step_dataset(-1)
    assert explorer.point.index == ITEMS - 1
    explorer.step_dataset(3)
    assert explorer.point.index == 2
    assert np.array_equal(explorer.point.z, ATLAS[2])
    assert explorer.point.origin == MADE.names[2]


def test_the_dataset_begins_at_the_last_item_when_going_back(explorer: Explorer) -> None:
    explorer.step_dataset(-1)
    assert explorer.point.index == ITEMS - 1


def test_the_dataset_goes_on_from_where_it_was_left(explorer: Explorer) -> None:
    explorer.go_to(20)
    explorer.randomize(1)
    explorer.nudge(0.1)
    explorer.step_dataset(1)
    assert explorer.point.index == 21


def test_undo_takes_the_dataset_place_along(explorer: Explorer, clock: Clock) -> None:
    explorer.go_to(5)
    clock.now += 10
    explorer.go_to(9)
    explorer.undo()
    assert explorer.point.index == 5
    explorer.step_dataset(1)
    assert explorer.point.index == 6


@pytest.mark.parametrize("index", [-1, ITEMS, 10**9])
def test_an_index_outside_is_refused_and_changes_nothing(explorer: Explorer, index: int) -> None:
    explorer.go_to(5)
    point = explorer.point
    with pytest.raises(ValueError, match=f"{index} is not in the dataset: indices run from 0 to {ITEMS - 1}"):
        explorer.go_to(index)
    assert explorer.point is point
    explorer.step_dataset(1)
    assert explorer.point.index == 6


def test_an_edited_item_is_no_item(explorer: Explorer) -> None:
    explorer.go_to(5)
    explorer.nudge(0.1)
    assert explorer.point.index is None
    assert explorer.point.origin == f"{MADE.names[5]} edited"


def test_a_mix_needs_both_marks(explorer: Explorer) -> None:
    assert not explorer.start_mix()
    explorer.mark("a")
    assert not explorer.start_mix()
    assert explorer.mix is None
    explorer.mark("a")
    explorer.mark("b")
    assert explorer.start_mix()


def test_a_mix_runs_from_a_to_b(explorer: Explorer) -> None:
    explorer.go_to(1)
    explorer.mark("a")
    explorer.go_to(2)
    explorer.mark("b")
    assert explorer.start_mix()
    assert explorer.mix == 0.0 and np.array_equal(explorer.point.z, ATLAS[1])
    explorer.set_mix(0.25)
    assert explorer.point.z == pytest.approx(0.75 * ATLAS[1] + 0.25 * ATLAS[2], abs=1e-5)
    explorer.set_mix(7)
    assert explorer.mix == 1.0 and np.array_equal(explorer.point.z, ATLAS[2])
    explorer.set_mix(-7)
    assert explorer.mix == 0.0
    explorer.set_mix(0.5)
    point = explorer.point
    explorer.stop_mix()
    assert explorer.mix is None and explorer.point is point


@pytest.mark.parametrize("move", ["randomize", "invert", "reset", "undo", "reset_bar"])
def test_a_move_leaves_the_slider(explorer: Explorer, move: str) -> None:
    explorer.randomize(1)
    explorer.mark("a")
    explorer.randomize(2)
    explorer.mark("b")
    explorer.start_mix()
    getattr(explorer, move)()
    assert explorer.mix is None


def test_holding_a_key_is_one_step_and_two_bars_are_two(explorer: Explorer) -> None:
    for _ in range(5):
        explorer.nudge(0.1, 0)
    for _ in range(5):
        explorer.nudge(0.1, 1)
    assert explorer.undo()
    assert explorer.values()[:2] == pytest.approx([0.5, 0], abs=1e-4)
    assert explorer.undo()
    assert not explorer.values().any()
    assert not explorer.undo()


def test_the_same_bar_number_of_other_axes_is_another_gesture(explorer: Explorer) -> None:
    explorer.nudge(0.5, 0)
    middle = explorer.point
    explorer.next_axes()
    explorer.nudge(0.5, 0)
    explorer.undo()
    assert explorer.point is middle


def test_undo_takes_the_place_in_the_dataset_back_too(explorer: Explorer) -> None:
    explorer.step_dataset(1)
    explorer.undo()
    explorer.step_dataset(1)
    assert explorer.point.index == 0


def test_going_to_a_face_is_a_step_of_its_own(explorer: Explorer) -> None:
    explorer.go_to(4)
    explorer.step_dataset(1)
    assert explorer.undo() and explorer.point.index == 4


def test_a_move_that_moves_nothing_is_no_step(explorer: Explorer) -> None:
    for _ in range(3):
        explorer.reset()
    assert not explorer.undo()
