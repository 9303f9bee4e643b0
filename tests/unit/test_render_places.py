"""Places as they are typed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.conftest import ITEMS
from tui_vae.api import space_of
from tui_vae.errors import UserError
from tui_vae.latent.axes import Vector
from tui_vae.latent.space import LatentSpace
from tui_vae.model.checkpoint import Checkpoint
from tui_vae.render.places import MOST_PLACES, Place, look_up, parse, parse_list


@pytest.fixture(scope="module")
def space(tiny: Checkpoint) -> LatentSpace:
    return space_of(tiny)


def read(text: str) -> Vector:
    return np.full(8, len(text), np.float32)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("mean", Place("mean", "--to mean")),
        ("17", Place("index", "--to 17", 17)),
        (" index:17 ", Place("index", "--to index:17", 17)),
        ("seed:0", Place("seed", "--to seed:0", 0)),
        ("seed:-3", Place("seed", "--to seed:-3", -3)),
        ("17.npy", Place("file", "--to 17.npy", text="17.npy")),
        ("my face.NPY", Place("file", "--to my face.NPY", text="my face.NPY")),
        ("bookmark:my face", Place("bookmark", "--to bookmark:my face", text="my face")),
        ("faces:8266e8f7:abc", Place("recipe", "--to faces:8266e8f7:abc", text="faces:8266e8f7:abc")),
    ],
)
def test_a_place_is_read(text: str, place: Place) -> None:
    assert parse(text, "--to") == place


@pytest.mark.parametrize("text", ["", "face", "seed:", "seed:x", "index:1.5", "bookmark:", "1e3", "٣", "9" * 30])
def test_what_is_no_place_is_refused_with_what_there_is(text: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(text, "--to")
    assert str(caught.value).endswith(
        ": expected mean, a number (index:N), seed:N, bookmark:NAME, a .npy file or a recipe"
    )


@given(st.text() | st.from_regex(r"\A(seed|index)?:?-?[0-9]*(-[0-9]+)?(,.*)?\Z"))
@example("0-99999999999999999")
@example("5-4")
def test_any_text_gives_places_or_one_line(text: str) -> None:
    for read_text in (parse, parse_list):
        said = ""
        try:
            read_text(text, "--sheet")
        except UserError as error:
            said = str(error)
        assert said.startswith("--sheet") or not said
        assert len(said.splitlines()) <= 1


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=20), st.booleans())
def test_a_list_keeps_its_order(numbers: list[int], seeds: bool) -> None:
    text = ", ".join(f"seed:{number}" if seeds else str(number) for number in numbers)
    assert [(place.kind, place.number) for place in parse_list(text)] == [
        ("seed" if seeds else "index", number) for number in numbers
    ]


def test_ranges_are_counted_out_within_reason() -> None:
    assert [place.number for place in parse_list("3-6,1")] == [3, 4, 5, 6, 1]
    assert len(parse_list(f"1-{MOST_PLACES}")) == MOST_PLACES
    for text in (f"0-{MOST_PLACES}", f"7,1-{MOST_PLACES}", "0-999999999999999", ",".join(["1"] * (MOST_PLACES + 1))):
        with pytest.raises(UserError, match=f"at most {MOST_PLACES} faces"):
            parse_list(text)
    with pytest.raises(UserError, match="5-4: counts from 5 down to 4"):
        parse_list("1,5-4", "--sheet")


def test_places_are_looked_up(space: LatentSpace) -> None:
    def at(text: str, spread: float = 1.0) -> Vector:
        return look_up(parse(text), space, read, lambda token: -read(token), spread)

    assert np.array_equal(at("mean"), space.mean)
    assert np.array_equal(at("7"), space.atlas[7])
    assert np.array_equal(at("seed:7", 0.5), space.sample(7, 0.5))
    assert np.array_equal(at("a.npy"), read("a.npy"))
    assert np.array_equal(at("a:b"), -read("a:b"))
    for text, says in (
        (str(ITEMS), f"{ITEMS}: the dataset runs from 0 to {ITEMS - 1}"),
        ("index:-1", f"index:-1: the dataset runs from 0 to {ITEMS - 1}"),
        ("seed:-1", "seed:-1: a seed is not negative"),
    ):
        with pytest.raises(UserError) as caught:
            at(text)
        assert str(caught.value) == says
