"""The explorer's finer moves: typed values, ranges, sources, variation, ways between any two faces, the tree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import make_checkpoint
from tests.unit.conftest import Clock
from tui_vae.api import space_of
from tui_vae.latent.explorer import BAR_LIMIT, WIDE_LIMIT, Explorer
from tui_vae.latent.journey import slerp
from tui_vae.latent.point import Point

MADE = make_checkpoint()
SPACE = space_of(MADE)


@pytest.fixture
def explorer(clock: Clock) -> Explorer:
    return Explorer(SPACE, clock)


@pytest.mark.parametrize(("text", "value"), [("1.5", 1.5), (" -2 ", -2), ("−0,25", -0.25), ("+3", 3), ("-3.0", -3)])
def test_a_typed_value_is_taken(explorer: Explorer, text: str, value: float) -> None:
    explorer.randomize(2)
    explorer.enter_value(text, 1)
    assert explorer.values()[1] == pytest.approx(value, abs=1e-4)
    explorer.select(4)
    explorer.enter_value(text)
    assert explorer.values()[[1, 4]] == pytest.approx([value, value], abs=1e-4)


@pytest.mark.parametrize("text", ["3.01", "-4", "inf", "nan", "1e9"])
def test_a_value_beyond_the_limits_is_refused_with_them(explorer: Explorer, text: str) -> None:
    with pytest.raises(ValueError, match=r"beyond the limits of a bar: -3 to \+3 sigma"):
        explorer.enter_value(text)
    assert explorer.point.origin == "average"


@given(text=st.text(max_size=10))
def test_any_text_is_a_value_or_one_line(text: str) -> None:
    explorer = Explorer(SPACE, Clock())
    try:
        explorer.enter_value(text)
    except ValueError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert len(refusal.splitlines()) == 1 and np.array_equal(explorer.point.z, SPACE.mean)
    else:
        assert abs(explorer.values()[0]) <= BAR_LIMIT + 1e-4


def test_a_wide_range_reaches_further_and_back_again(explorer: Explorer) -> None:
    assert explorer.limit == BAR_LIMIT
    explorer.wide = True
    explorer.nudge(99)
    assert explorer.values()[0] == pytest.approx(WIDE_LIMIT, abs=1e-4)
    explorer.enter_value("-6")
    explorer.wide = False
    assert explorer.values()[0] == pytest.approx(-WIDE_LIMIT, abs=1e-4)
    explorer.nudge(-1)
    assert explorer.values()[0] == pytest.approx(-WIDE_LIMIT, abs=1e-4)
    explorer.nudge(99)
    assert explorer.values()[0] == pytest.approx(BAR_LIMIT, abs=1e-4)


def test_randomize_draws_as_it_is_told_to(explorer: Explorer) -> None:
    explorer.source, explorer.truncation, explorer.spread = "prior", 1.2, 0.5
    explorer.randomize(3)
    assert explorer.point.z.tobytes() == SPACE.sample(3, 0.5, "prior", 1.2).tobytes()
    assert np.abs(explorer.point.z).max() <= 0.6
    explorer.source = "posterior"
    explorer.randomize(3)
    assert np.abs(SPACE.pca.values(explorer.point.z)).max() <= 0.6 + 1e-4


def test_varying_steps_away_a_little_and_can_be_undone(explorer: Explorer) -> None:
    explorer.go_to(3)
    start = explorer.point
    explorer.vary(1)
    assert explorer.point.z.tobytes() == SPACE.vary(start.z, 1, 0.25).tobytes()
    assert (explorer.point.origin, explorer.point.index) == (f"{start.origin} varied", None)
    explorer.vary()
    assert explorer.point.origin == f"{start.origin} varied"
    explorer.nudge(0.1)
    assert explorer.point.origin == f"{start.origin} edited"
    for _ in range(3):
        explorer.undo()
    assert explorer.point is start


def test_any_two_faces_can_be_mixed_on_an_arc(explorer: Explorer) -> None:
    start, end = Point(SPACE.sample(1), "one"), Point(SPACE.atlas[5], "two")
    explorer.way = "slerp"
    assert explorer.start_mix(start, end) and explorer.mix == 0.0
    assert explorer.point.z.tobytes() == start.z.tobytes() and explorer.point.origin == "one to two 0%"
    explorer.set_mix(0.3)
    assert explorer.point.z.tobytes() == slerp(start.z, end.z, 0.3, SPACE.pca).tobytes()
    explorer.set_mix(1.0)
    assert explorer.point.z.tobytes() == end.z.tobytes()
    explorer.stop_mix()
    assert not explorer.start_mix(start) and explorer.mix is None
    explorer.mark("b")
    assert explorer.start_mix(start) and explorer.point.origin == "one to one to two 100% 0%"
    explorer.start_mix(Point(SPACE.mean, "x" * 500), start)
    assert explorer.point.origin == f"{'x' * 39}… to one 0%"


def test_steps_of_the_tree_can_be_gone_to(explorer: Explorer) -> None:
    explorer.randomize(1)
    one = explorer.point
    explorer.undo()
    explorer.randomize(2)
    assert [step.item.origin for step in explorer.steps()] == ["average", "random 1", "random 2"]
    assert explorer.go_to_step(1) and explorer.point is one
    explorer.undo()
    assert explorer.redo(1) and explorer.point.origin == "random 2"
    assert not explorer.go_to_step(7)


def test_points_that_are_passed_by_are_no_steps_until_a_move_is_made_from_them(explorer: Explorer) -> None:
    start = explorer.point
    for index in range(len(SPACE.atlas)):
        explorer.pass_by(Point(SPACE.atlas[index], f"passing {index}"))
        assert explorer.is_passing and explorer.point.origin == f"passing {index}"
    assert len(explorer.steps()) == 1
    last = explorer.point
    explorer.nudge(0.5)
    assert not explorer.is_passing and len(explorer.steps()) == 3
    assert explorer.point.origin == f"passing {len(SPACE.atlas) - 1} edited"
    assert explorer.undo() and explorer.point is last
    assert explorer.undo() and explorer.point is start


def test_undo_while_passing_by_leads_to_before(explorer: Explorer) -> None:
    explorer.randomize(1)
    before = explorer.point
    explorer.pass_by(Point(SPACE.atlas[3], "passing"))
    assert explorer.undo() and explorer.point is before and not explorer.is_passing
    assert explorer.redo() and explorer.point.origin == "passing"


def test_to_stay_is_one_step_and_to_stay_again_none(explorer: Explorer) -> None:
    explorer.pass_by(Point(SPACE.atlas[3], "passing", 3, 3))
    explorer.stay()
    explorer.stay()
    assert [step.item.origin for step in explorer.steps()] == ["average", "passing"]
    explorer.step_dataset(1)
    assert explorer.point.index == 4


def test_the_faces_chosen_last_are_the_ends_until_another_is_marked(explorer: Explorer) -> None:
    assert explorer.ends is None
    start, end = Point(SPACE.sample(1), "one"), Point(SPACE.sample(2), "two")
    explorer.start_mix(start, end)
    explorer.mark("a")  # for later: the slider stays where it is
    explorer.set_mix(1.0)
    assert explorer.point.z.tobytes() == end.z.tobytes() and explorer.has_chosen_ends
    explorer.stop_mix()
    assert explorer.start_mix() and explorer.ends == (start, end)
    explorer.stop_mix()
    explorer.mark("b")
    assert explorer.ends == (explorer.marks["a"], explorer.marks["b"]) and not explorer.has_chosen_ends


def test_another_way_takes_the_slider_along(explorer: Explorer) -> None:
    start, end = Point(SPACE.sample(1), "one"), Point(SPACE.sample(2), "two")
    explorer.start_mix(start, end)
    explorer.set_mix(0.5)
    explorer.set_way("slerp")
    assert explorer.mix == 0.5
    assert explorer.point.z.tobytes() == slerp(start.z, end.z, 0.5, SPACE.pca).tobytes()


@pytest.mark.parametrize(("spread", "by", "then"), [(1.7, 1, 2.0), (1.7, -1, 1.5), (0.05, 1, 0.1), (9.0, -1, 3.0)])
def test_from_a_range_between_two_notches_to_the_next(explorer: Explorer, spread: float, by: int, then: float) -> None:
    explorer.spread = spread
    explorer.change_spread(by)
    assert explorer.spread == then


def test_other_weights_leave_vectors_and_move_items() -> None:
    """Nothing jumps where a recipe of the space before would lead elsewhere in the next."""
    explorer = Explorer(SPACE)
    explorer.randomize(1)
    explorer.nudge(0.5)
    explorer.mark("a")
    explorer.bookmarks.add("drawn", explorer.point)
    explorer.go_to(3)
    explorer.mark("b")
    explorer.bookmarks.add("item", explorer.point)
    explorer.invert()
    before = [step.item.z for step in explorer.steps()]
    other = replace(SPACE, atlas=replace(SPACE.atlas, latents=SPACE.atlas.latents + 1))
    explorer.set_space(replace(other, axes=tuple(replace(each, mean=each.mean + 1) for each in SPACE.axes)))
    *_, drawn, item, opposite = (step.item for step in explorer.steps())
    assert drawn.z is before[-3] and opposite.z is before[-1] and explorer.point is opposite
    assert item.index == explorer.bookmarks["item"].index == 3
    for point in (item, explorer.bookmarks["item"], explorer.marks["b"]):
        np.testing.assert_array_equal(point.z, other.atlas[3])
    assert explorer.bookmarks["drawn"].z is explorer.marks["a"].z is drawn.z
    for point in (drawn, opposite, explorer.bookmarks["drawn"], explorer.marks["a"]):
        explorer.jump(point)
        start = explorer.point.z
        explorer.nudge(0.2)
        np.testing.assert_allclose(explorer.point.z, explorer.axes.move(start, 0, 0.2), atol=1e-6)
    for _ in range(2):
        explorer.undo()
    assert explorer.history.take_changed()
