"""Any two faces, as they are typed."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.made_space import make_space
from tui_vae.latent import tokens
from tui_vae.latent.ends import read_ends, read_face
from tui_vae.latent.explorer import Explorer
from tui_vae.latent.recipe import Recipe

SPACE = make_space()
TAG = "made:0123abcd"


def read_token(text: str) -> Recipe:
    return tokens.read(text, TAG)


@pytest.fixture
def state() -> Explorer:
    state = Explorer(SPACE)
    for name, seed in (("anna", 1), ("A to B 50%", 2), ("7", 3)):
        state.randomize(seed)
        state.bookmarks.add(name, state.point)
    state.go_to(5)
    state.mark("a")
    state.go_to(6)
    return state


def test_every_form_of_a_face(state: Explorer) -> None:
    token = tokens.write(state.bookmarks["anna"].made, TAG, SPACE)
    for text, z in {
        "A": SPACE.atlas[5],
        " a ": SPACE.atlas[5],
        "this": SPACE.atlas[6],
        "average": SPACE.mean,
        "7": SPACE.atlas[7],
        "#7": SPACE.atlas[7],
        "index:7": SPACE.atlas[7],
        "Face 7": SPACE.atlas[7],
        "seed:3": SPACE.sample(3),
        "random 3": SPACE.sample(3),
        "bookmark:anna": SPACE.sample(1),
        "Anna": SPACE.sample(1),
        "bookmark: 7": SPACE.sample(3),
        token: SPACE.sample(1),
    }.items():
        found = read_face(text, state, read_token)
        assert found.z.tobytes() == z.tobytes(), text


def test_two_faces_and_from_here(state: Explorer) -> None:
    ends = read_ends("12 to bookmark:anna", state, read_token)
    assert (ends.start.index, ends.end.z.tobytes()) == (12, SPACE.sample(1).tobytes())
    assert read_ends("to 12", state, read_token).start is state.point
    assert read_ends("12 TO a", state, read_token).end is state.marks["a"]


def test_a_name_may_have_a_to_of_its_own(state: Explorer) -> None:
    ends = read_ends("bookmark:A to B 50% to 3", state, read_token)
    assert ends.start is state.bookmarks["A to B 50%"] and ends.end.index == 3
    assert read_ends("3 to A to B 50%", state, read_token).end is state.bookmarks["A to B 50%"]


def test_random_is_another_face_each_time_and_heeds_the_range(state: Explorer) -> None:
    ends = read_ends("random to random", state, read_token)
    assert not np.array_equal(ends.start.z, ends.end.z)
    state.spread = 0.5
    assert read_face("seed:3", state, read_token).z.tobytes() == SPACE.sample(3, 0.5).tobytes()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "two faces are needed, such as A to 12"),
        ("12", "two faces are needed, such as A to 12"),
        ("A to", "two faces are needed"),
        ("A to B", "no face is marked as B yet: b marks one"),
        ("A to nobody", "no face 'nobody': a face is A, B, this"),
        ("A to bookmark:ana", "no bookmark 'ana': did you mean 'anna'?"),
        ("A to bookmark:zzz", "no bookmark 'zzz': B shows the bookmarks"),
        (f"A to {10**30}", "is not in the dataset: 0 to"),
        ("A to -1", "no face '-1'"),
        ("A to made:0123abcd:AAAA", "the token is damaged"),
        ("A to other:8266e8f7:AQEHAAAxK2Q", "the token "),
    ],
)
def test_what_is_wrong_is_said(state: Explorer, text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        read_ends(text, state, read_token)


def test_without_bookmarks_it_says_how_to_get_some() -> None:
    with pytest.raises(ValueError, match="there are none yet"):
        read_face("bookmark:x", Explorer(SPACE), read_token)


PIECES = st.lists(st.sampled_from(["seed", "bookmark:", " to ", *"AB to:#17-² \n"]), max_size=12).map("".join)


@given(text=PIECES)
def test_any_text_makes_two_points_or_one_line(text: str) -> None:
    state = Explorer(SPACE)
    problem = ""
    try:
        ends = read_ends(text, state, read_token)
    except ValueError as error:
        problem = str(error)
    else:
        assert state.start_mix(*ends)
    assert "\n" not in problem
