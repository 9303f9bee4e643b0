"""The undo tree."""

from __future__ import annotations

import pytest

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
