"""The undo tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.conftest import Clock
from tui_vae.latent.history import GESTURE_SECONDS, History


@pytest.fixture
def history(clock: Clock) -> History[str]:
    return History("start", clock)


def undone(history: History[str]) -> list[str]:
    """Everything that undo leads to, newest first."""
    items = [history.item]
    while history.undo():
        items.append(history.item)
    return items


def test_there_is_nothing_before_the_start_and_nothing_after_the_newest(history: History[str]) -> None:
    assert not history.undo()
    assert not history.redo()
    history.push("a")
    assert not history.redo()
    assert history.item == "a"


def test_undo_and_redo_go_through_the_items_in_order(history: History[str]) -> None:
    for item in "abc":
        history.push(item)
    assert undone(history) == ["c", "b", "a", "start"]
    assert not history.undo()
    items = []
    while history.redo():
        items.append(history.item)
    assert items == ["a", "b", "c"]


def test_redo_takes_the_newest_branch(history: History[str]) -> None:
    history.push("a")
    history.push("old")
    history.undo()
    history.push("new")
    history.push("newer")
    assert undone(history) == ["newer", "new", "a", "start"]
    items = [history.item for _ in range(3) if history.redo()]
    assert items == ["a", "new", "newer"]
    assert not history.redo()


def test_a_branch_does_not_lose_what_lies_before_it(history: History[str]) -> None:
    history.push("a")
    history.undo()
    history.push("b")
    history.undo()
    assert history.item == "start"
    history.redo()
    assert history.item == "b"


def test_a_held_key_is_one_step(history: History[str], clock: Clock) -> None:
    for value in range(10):
        history.push(f"bar {value}", "bar 0")
        clock.now += 0.05
    assert undone(history) == ["bar 9", "start"]
    history.redo()
    assert history.item == "bar 9"


def test_a_gesture_may_last_long_while_its_keys_come_fast(history: History[str], clock: Clock) -> None:
    for value in range(10):
        history.push(str(value), "bar 0")
        clock.now += 0.9 * GESTURE_SECONDS
    assert undone(history) == ["9", "start"]


def test_a_pause_begins_a_new_step(history: History[str], clock: Clock) -> None:
    history.push("a", "bar 0")
    clock.now += GESTURE_SECONDS
    history.push("b", "bar 0")
    assert undone(history) == ["b", "a", "start"]


def test_another_gesture_begins_a_new_step(history: History[str]) -> None:
    history.push("a", "bar 0")
    history.push("b", "bar 1")
    history.push("c", "bar 0")
    assert undone(history) == ["c", "b", "a", "start"]


def test_pushes_without_a_gesture_never_merge(history: History[str]) -> None:
    history.push("a")
    history.push("b")
    history.push("c", "bar 0")
    history.push("d")
    history.push("e", "bar 0")
    assert undone(history) == ["e", "d", "c", "b", "a", "start"]


@pytest.mark.parametrize("again", [False, True])
def test_a_gesture_ends_with_undo_and_redo(history: History[str], again: bool) -> None:
    history.push("a")
    history.push("b", "bar 0")
    history.undo()
    if again:
        history.redo()
    history.push("c", "bar 0")
    assert undone(history) == (["c", "b", "a", "start"] if again else ["c", "a", "start"])


def test_undo_at_the_start_ends_a_gesture_too(history: History[str]) -> None:
    assert not history.undo()
    history.push("a", "g")
    history.undo()
    assert not history.undo()
    history.push("b", "g")
    assert undone(history) == ["b", "start"]


def test_ten_thousand_steps_can_be_undone_and_dropped(clock: Clock) -> None:
    history = History(0, clock)
    for value in range(1, 10_001):
        history.push(value)
    steps = 0
    while history.undo():
        steps += 1
    assert (steps, history.item) == (10_000, 0)


# The tree.


def test_the_tree_can_be_seen(history: History[str]) -> None:
    history.push("a")
    history.push("b")
    history.undo()
    history.push("c")
    history.push("d")
    history.undo()
    seen = [(step.id, step.item, step.parent, step.children, step.depth, step.lane) for step in history.steps()]
    assert seen == [
        (0, "start", None, (1,), 0, 0),
        (1, "a", 0, (2, 3), 1, 0),
        (2, "b", 1, (), 2, 0),
        (3, "c", 1, (4,), 2, 1),
        (4, "d", 3, (), 3, 1),
    ]
    assert [step.is_here for step in history.steps()] == [False, False, False, True, False]


def test_redo_goes_where_one_went_last_or_along_the_branch_that_was_chosen(history: History[str]) -> None:
    history.push("a")
    history.undo()
    history.push("b")
    assert history.go_to(1) and history.item == "a"
    history.undo()
    assert history.redo() and history.item == "a"
    history.undo()
    assert history.redo(1) and history.item == "b"
    history.undo()
    assert not history.redo(2) and not history.redo(-1) and history.item == "start"
    assert not history.go_to(99) and history.item == "start"


@given(moves=st.lists(st.tuples(st.sampled_from("pppur"), st.integers(0, 3)), max_size=60), limit=st.integers(1, 12))
def test_any_moves_leave_a_tree_within_its_bounds(moves: list[tuple[str, int]], limit: int) -> None:
    history = History(0, lambda: 0.0, max_steps=limit)
    for number, (move, branch) in enumerate(moves, 1):
        if move == "p":
            history.push(number)
            assert history.item == number
        elif move == "u":
            history.undo()
        else:
            history.redo(branch)
        steps = {step.id: step for step in history.steps()}
        assert len(steps) <= limit + 1 and steps[0].item == 0 and steps[history.here].is_here
        assert sum(step.is_here for step in steps.values()) == 1
        for step in steps.values():
            assert (step.parent is None) == (step.id == 0)
            assert all(steps[child].parent == step.id for child in step.children)
            if step.parent is not None:
                assert step.parent < step.id and step.id in steps[step.parent].children
                assert step.depth == steps[step.parent].depth + 1
    for _ in range(limit + 1):
        if not history.undo():
            break
    assert history.item == 0


def test_the_oldest_tips_are_forgotten_first() -> None:
    history = History("start", lambda: 0.0, max_steps=3)
    for item in ("old", "older"):
        history.push(item)
        history.undo()
    history.push("a")
    history.push("b")
    assert [step.item for step in history.steps()] == ["start", "older", "a", "b"]
    history.push("c")
    history.push("d")
    assert [(step.item, step.parent) for step in history.steps()] == [("start", None), ("b", 0), ("c", 4), ("d", 5)]
    assert undone(history) == ["d", "c", "b", "start"]
    assert history.redo() and history.item == "b"


def test_what_has_changed_is_told_once(history: History[str]) -> None:
    history.push("a")
    history.push("b", "bar 0")
    assert [(step.id, step.item, step.parent) for step in history.take_changed()] == [(1, "a", 0), (2, "b", 1)]
    history.push("c", "bar 0")
    history.undo()
    assert [(step.id, step.item) for step in history.take_changed()] == [(2, "c")]
    assert history.take_changed() == ()


def test_a_tree_comes_back_and_here_is_the_start(history: History[str]) -> None:
    history.push("a")
    history.push("b")
    history.undo()
    history.push("c")
    kept = history.take_changed()
    again = History("start", lambda: 0.0)
    again.restore(kept)
    assert again.item == "start"
    assert [step.item for step in again.steps()] == ["start", "a", "b", "c"]
    assert not again.redo()
    again.push("new")
    assert again.undo() and again.item == "start"
    assert again.redo(0) and again.item == "a"
    assert again.redo(0) and again.item == "b"
    few = History("start", lambda: 0.0, max_steps=1)
    few.restore(kept)
    assert [(step.item, step.parent) for step in few.steps()] == [("start", None), ("c", 0)]
