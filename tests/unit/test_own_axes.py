"""Axes of one's own, and bookmarks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import LATENT, make_checkpoint
from tests.unit.conftest import Clock
from tui_vae.api import space_of
from tui_vae.latent.bookmarks import Bookmarks
from tui_vae.latent.explorer import Explorer
from tui_vae.latent.names import MAX_NAME, checked_name
from tui_vae.latent.own_axes import Examples, make_axis
from tui_vae.latent.point import Point

SPACE = space_of(make_checkpoint())
POINT = Point(SPACE.mean, "average")
BAD_NAMES = ["", "   ", "x" * (MAX_NAME + 1), "a\x1b[31m", "two\nlines", "\u202egnirts", "\ud800"]


@pytest.fixture
def explorer(clock: Clock) -> Explorer:
    return Explorer(SPACE, clock)


def mark_faces(explorer: Explorer, along: np.ndarray, count: int = 4) -> None:
    """Mark random faces, pushed one way or the other along a whitened direction."""
    for seed in range(2 * count):
        sign = 1 if seed % 2 else -1
        z = SPACE.sample(seed, 0.3) + sign * 2 * (along @ SPACE.pca.directions)
        explorer.jump(Point(z.astype(np.float32), f"face {seed}"))
        explorer.mark_example(more=sign > 0)


def test_an_axis_finds_the_direction_that_the_marks_differ_in(explorer: Explorer) -> None:
    along = np.zeros(LATENT, np.float32)
    along[[2, 5]] = 0.6, -0.8
    mark_faces(explorer, along)
    explorer.make_axis("  dimples ")
    (axis,) = explorer.own
    assert (axis.name, axis.more, axis.less) == ("dimples", 4, 4)
    assert axis.vector @ along > 0.97 and np.linalg.norm(axis.vector) == pytest.approx(1, abs=1e-6)
    assert (explorer.axes.name, explorer.axes.labels, explorer.selected) == ("mine", ("dimples",), 0)
    assert explorer.examples == Examples()
    explorer.reset()
    assert explorer.nudge(1.5)
    assert explorer.values() == pytest.approx([1.5], abs=1e-4)
    assert SPACE.pca.values(explorer.point.z) == pytest.approx(1.5 * axis.vector, abs=1e-4)


def test_own_axes_are_renamed_and_removed_with_their_locks(explorer: Explorer) -> None:
    for number, name in enumerate(["one", "two", "three"]):
        mark_faces(explorer, np.eye(LATENT, dtype=np.float32)[number])
        explorer.make_axis(name)
    explorer.set_locks({("mine", 0), ("mine", 2), ("PCA", 1)})
    explorer.rename_axis(1, " second ")
    assert explorer.axes.labels == ("one", "second", "three")
    with pytest.raises(ValueError, match="axis 'one' already"):
        explorer.rename_axis(1, "one")
    explorer.remove_axis(0)
    assert explorer.axes.labels == ("second", "three") and explorer.locks == {("mine", 1), ("PCA", 1)}
    explorer.remove_axis(1)
    explorer.remove_axis(0)
    assert [axes.name for axes in explorer.kinds] == ["PCA", "raw", "attributes"] and explorer.axes.name == "PCA"
    assert explorer.locks == {("PCA", 1)}


def test_marking_again_is_marking_anew(explorer: Explorer) -> None:
    explorer.mark_example(more=True)
    explorer.mark_example(more=True)
    assert (len(explorer.examples.more), len(explorer.examples.less)) == (1, 0)
    explorer.mark_example(more=False)
    assert (len(explorer.examples.more), len(explorer.examples.less)) == (0, 1)


def test_an_axis_that_cannot_be_made_is_refused_and_the_marks_stay(explorer: Explorer) -> None:
    explorer.mark_example(more=True)
    with pytest.raises(ValueError, match="2 faces or more on each side: more has 1"):
        explorer.make_axis("x")
    mark_faces(explorer, np.eye(LATENT, dtype=np.float32)[0])
    marked = explorer.examples
    with pytest.raises(ValueError, match="name"):
        explorer.make_axis(" ")
    assert explorer.examples is marked and not explorer.own
    faces = (SPACE.sample(1), SPACE.sample(2))
    with pytest.raises(ValueError, match="same on average"):
        make_axis("x", Examples(faces, faces[::-1]), SPACE.pca)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_will_not_do(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        checked_name(name)
    with pytest.raises(ValueError, match="name"):
        Bookmarks().add(name, POINT)


def test_bookmarks_are_kept_in_order_renamed_and_removed() -> None:
    bookmarks = Bookmarks()
    for name in ("one", "two", "three"):
        assert bookmarks.add(f" {name} ", POINT) == name
    assert bookmarks.rename("two", "second") == "second" and bookmarks.rename("one", " one ") == "one"
    assert list(bookmarks) == ["one", "second", "three"] and bookmarks["second"] is POINT
    assert bookmarks.remove("one") is POINT and len(bookmarks) == 2 and bookmarks.changes == 5
    for call in (lambda: bookmarks.add("three", POINT), lambda: bookmarks.rename("second", "three")):
        with pytest.raises(ValueError, match="bookmark 'three' already"):
            call()
    for missing in (lambda: bookmarks.remove("one"), lambda: bookmarks.rename("one", "x")):
        with pytest.raises(ValueError, match="no bookmark 'one'"):
            missing()
    assert list(bookmarks) == ["second", "three"] and bookmarks.changes == 5


@given(wish=st.text(max_size=80), again=st.integers(1, 4))
def test_a_free_name_can_be_taken(wish: str, again: int) -> None:
    bookmarks = Bookmarks()
    for _ in range(again):
        bookmarks.add(bookmarks.free_name(wish), POINT)
    assert len(bookmarks) == again
