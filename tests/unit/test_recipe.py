"""Recipes and their tokens: the same bits again, short, and safe to read."""

from __future__ import annotations

import re
import zlib

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.unit.conftest import Clock
from tests.unit.made_space import ITEMS, LATENT, make_space
from tui_vae.latent import tokens
from tui_vae.latent.draws import SOURCES
from tui_vae.latent.explorer import SPREADS, Explorer
from tui_vae.latent.fingerprint import fingerprint
from tui_vae.latent.own_axes import OwnAxis
from tui_vae.latent.point import Point, point
from tui_vae.latent.recipe import (
    MAX_DEPTH,
    MAX_EDITS,
    MAX_LOCKS,
    Average,
    Draw,
    Exact,
    Invert,
    Item,
    Leap,
    Mix,
    Move,
    Recipe,
    RecipeError,
    Vary,
    bounded,
    exact,
    replay,
)
from tui_vae.latent.recipe_bytes import MAX_BYTES, VERSION, decode, encode

SPACE = make_space()
PREVIEW = np.zeros((4, 4, 3), np.uint8)
BOMB = zlib.compress(b"\0" * 10_000)
MODEL = tokens.tag("made up", fingerprint(SPACE, PREVIEW))

FLOATS = st.one_of(st.integers(-3_000_000, 3_000_000).map(lambda n: n / 1e6), st.floats(-6, 6))
LOCKS = st.sampled_from([(), (("PCA", 2),), (("attributes", 0), ("raw", 3))])
SEEDS = st.integers(0, 2**64 - 1)
DRAWS = st.builds(
    Draw,
    SEEDS,
    st.one_of(st.sampled_from(SPREADS), st.floats(0, 3)),
    st.sampled_from(SOURCES),
    st.one_of(st.none(), st.floats(0.1, 4)),
)
EDITS = st.lists(
    st.one_of(
        st.builds(Move, st.just("PCA"), st.sampled_from([1, 3, 4]), FLOATS, LOCKS),
        st.builds(Move, st.just("attributes"), st.integers(0, 1), FLOATS),
        st.just(Invert()),
        st.builds(Vary, SEEDS, st.floats(0, 2), LOCKS),
        st.builds(Leap, DRAWS, LOCKS.filter(bool)),
    ),
    max_size=6,
).map(tuple)
BASES = st.one_of(
    st.just(Average()),
    DRAWS,
    st.builds(Item, st.integers(0, ITEMS - 1)),
    st.lists(st.floats(-5, 5, width=32), min_size=LATENT, max_size=LATENT).map(
        lambda z: exact(np.array(z, np.float32)).base
    ),
)
PLAIN = st.builds(Recipe, BASES, EDITS)
MIXES = st.builds(Mix, PLAIN, PLAIN, st.floats(0, 1), st.sampled_from(["lerp", "slerp"]))
RECIPES = st.builds(Recipe, st.one_of(BASES, MIXES), EDITS)


@given(recipe=RECIPES)
@example(recipe=exact(np.array([2.4, -1.0932949, 0, 0, 0, 0], np.float32)))  # as long compressed as not
def test_bytes_hold_the_whole_recipe(recipe: Recipe) -> None:
    assert decode(encode(recipe)) == recipe


@given(recipe=RECIPES)
def test_a_token_makes_the_same_bits(recipe: Recipe) -> None:
    token = tokens.write(recipe, MODEL, SPACE)
    assert re.fullmatch(r"[A-Za-z0-9._:-]+", token)  # nothing that a shell would expand
    assert tokens.model_of(token) == MODEL
    assert replay(tokens.read(token, MODEL), SPACE).tobytes() == replay(recipe, SPACE).tobytes()
    broken = token[:10] + "\n  " + token[10:] + "\n"  # as a terminal wraps it
    assert tokens.read(broken, MODEL) == tokens.read(token, MODEL)


class Moves(RuleBasedStateMachine):
    """Whatever is done in the explorer, the token of the face is the face."""

    @initialize()
    def begin(self) -> None:
        self.explorer = Explorer(SPACE, Clock())

    @rule(by=st.integers(-2, 2))
    def next_axes(self, by: int) -> None:
        self.explorer.next_axes(by)

    @rule(bar=st.integers(0, LATENT), by=st.sampled_from([0.1, -0.1, 0.5, 1 / 3]))
    def nudge(self, bar: int, by: float) -> None:
        self.explorer.select(bar)
        self.explorer.nudge(by)

    @rule(value=st.floats(-4, 4))
    def set_bar(self, value: float) -> None:
        self.explorer.set_bar(self.explorer.selected, value)

    @rule(by=st.integers(-4, 4), source=st.sampled_from(SOURCES), psi=st.sampled_from([None, 0.7, 2.0]))
    def change_draws(self, by: int, source: str, psi: float | None) -> None:
        self.explorer.change_spread(by)
        self.explorer.source = source  # type: ignore[assignment]
        self.explorer.truncation = psi

    @rule(seed=st.integers(0, 999_999))
    def randomize(self, seed: int) -> None:
        self.explorer.randomize(seed)

    @rule(seed=st.integers(0, 999_999))
    def vary(self, seed: int) -> None:
        self.explorer.vary(seed)

    @rule()
    def invert(self) -> None:
        self.explorer.invert()

    @rule()
    def reset(self) -> None:
        self.explorer.reset()

    @rule()
    def reset_bar(self) -> None:
        self.explorer.reset_bar()

    @rule(index=st.integers(0, ITEMS - 1))
    def go_to(self, index: int) -> None:
        self.explorer.go_to(index)

    @rule(numbers=st.lists(st.floats(-3, 3, width=32), min_size=LATENT, max_size=LATENT))
    def come_from_elsewhere(self, numbers: list[float]) -> None:
        self.explorer.jump(Point(np.array(numbers, np.float32), "elsewhere"))

    @rule()
    def lock(self) -> None:
        self.explorer.toggle_lock()

    @rule(which=st.sampled_from(["a", "b"]))
    def mark(self, which: str) -> None:
        self.explorer.mark(which)  # type: ignore[arg-type]

    @rule(position=st.floats(0, 1), way=st.sampled_from(["lerp", "slerp"]))
    def mix(self, position: float, way: str) -> None:
        self.explorer.way = way  # type: ignore[assignment]
        if self.explorer.start_mix():
            self.explorer.set_mix(position)

    @rule()
    def undo(self) -> None:
        self.explorer.undo()

    @invariant()
    def the_token_is_the_face(self) -> None:
        here = self.explorer.point
        token = tokens.write(here.made, MODEL, SPACE)
        assert point(tokens.read(token, MODEL), SPACE).z.tobytes() == here.z.tobytes()


TestMoves = Moves.TestCase
TestMoves.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def token_of(explorer: Explorer) -> str:
    return tokens.write(explorer.point.made, MODEL, SPACE)


def test_usual_histories_make_short_tokens() -> None:
    explorer = Explorer(SPACE)
    head = len(MODEL) + 1
    assert len(token_of(explorer)) - head <= 8
    explorer.randomize(123_456)
    assert len(token_of(explorer)) - head <= 16
    for bar in range(4):
        for _ in range(7):
            explorer.nudge(0.1, bar)
    assert len(explorer.point.made.edits) == 4
    assert len(token_of(explorer)) < 80
    for _ in range(7):
        explorer.nudge(-0.1, 0)
    assert len(explorer.point.made.edits) == 3


def test_going_back_to_where_a_bar_was_gives_the_same_bits() -> None:
    explorer = Explorer(SPACE)
    explorer.go_to(5)
    explorer.nudge(0.7, 0)
    explorer.nudge(-0.7, 0)
    assert explorer.point.z.tobytes() == SPACE.atlas[5].tobytes()
    explorer.invert()
    explorer.invert()
    assert explorer.point.z.tobytes() == SPACE.atlas[5].tobytes()


def test_locks_are_part_of_the_recipe() -> None:
    explorer = Explorer(SPACE)
    explorer.randomize(1)
    explorer.toggle_lock(2)
    explorer.next_axes()
    explorer.toggle_lock(0)
    for seed in range(20):
        explorer.randomize(seed)
        explorer.vary(seed)
        explorer.nudge(0.5, 1)
    locks = (("PCA", 2), ("raw", 0))
    assert explorer.point.made == Recipe(
        Draw(1), (Leap(Draw(19), locks), Vary(19, explorer.variation, locks), Move("raw", 1, 0.5, locks))
    )
    start = SPACE.sample(1)
    for axes, bar in ((0, 2), (1, 0)):
        assert SPACE.axes[axes].values(explorer.point.z)[bar] == pytest.approx(
            SPACE.axes[axes].values(start)[bar], abs=1e-4
        )
    assert len(token_of(explorer)) < 90


def test_locks_that_a_recipe_cannot_name_leave_the_vector() -> None:
    explorer = Explorer(SPACE)
    explorer.set_own([OwnAxis("mine alone", np.eye(LATENT, dtype=np.float32)[1], 2, 2)])
    explorer.set_locks({("mine", 0)})
    for move in (lambda: explorer.randomize(3), lambda: explorer.vary(4), lambda: explorer.nudge(0.5, 0)):
        move()
        assert isinstance(explorer.point.made.base, Exact) and not explorer.point.made.edits
        assert replay(explorer.point.made, SPACE).tobytes() == explorer.point.z.tobytes()
    locks = tuple(("PCA", bar) for bar in range(MAX_LOCKS + 1))
    with pytest.raises(RecipeError, match="more than"):
        encode(Recipe(Average(), (Vary(1, 0.1, locks),)))


def test_a_long_history_becomes_its_vector() -> None:
    explorer = Explorer(SPACE)
    for seed in range(3 * MAX_EDITS):
        explorer.vary(seed)
        assert len(explorer.point.made.edits) <= MAX_EDITS
    assert len(token_of(explorer)) <= len(MODEL) + 60


def test_a_mix_of_mixes_of_mixes_becomes_its_vector() -> None:
    recipe = Recipe(Item(3))
    for _ in range(MAX_DEPTH + 3):
        made = Recipe(Mix(recipe, Recipe(Item(4)), 0.3))
        recipe = bounded(made, replay(made, SPACE))
        assert recipe.depth <= MAX_DEPTH
        assert decode(encode(recipe)) == recipe


def test_what_is_not_the_models_own_is_written_as_a_vector() -> None:
    z = SPACE.sample(1)
    for recipe in (Recipe(Draw(2**70)), exact(z)):
        read = tokens.read(tokens.write(recipe, MODEL, SPACE), MODEL)
        assert isinstance(read.base, Exact)
        assert replay(read, SPACE).tobytes() == replay(recipe, SPACE).tobytes()


def test_the_pinned_token_means_the_same_in_every_release() -> None:
    recipe = Recipe(Draw(7, 0.5, "posterior"), (Move("PCA", 2, 0.3), Invert()))
    assert tokens.write(recipe, "faces:8266e8f7", SPACE) == PINNED
    assert tokens.read(PINNED, "faces:8266e8f7") == recipe


PINNED = "faces:8266e8f7:AQECB8GEPQIAAsHPJANbJhc"


@pytest.mark.parametrize(
    ("recipe", "origin", "index"),
    [
        (Recipe(), "average", None),
        (Recipe(Draw(7)), "random 7", None),
        (Recipe(Item(3)), "faces/000003.jpg", 3),
        (Recipe(Item(3), (Move("PCA", 0, 1), Vary(1, 0.1))), "faces/000003.jpg varied", None),
        (Recipe(Draw(7), (Invert(), Move("PCA", 0, 1))), "opposite of random 7 edited", None),
        (Recipe(Mix(Recipe(), Recipe(Item(0)), 0.25)), "mix 25%", None),
        (exact(SPACE.mean), "latent vector", None),
    ],
)
def test_a_point_tells_what_it_is(recipe: Recipe, origin: str, index: int | None) -> None:
    made = point(recipe, SPACE)
    assert (made.origin, made.index, made.made) == (origin, index, recipe)


@given(recipe=PLAIN, data=st.data())
@settings(max_examples=200)
def test_a_typing_error_is_noticed(recipe: Recipe, data: st.DataObject) -> None:
    token = tokens.write(recipe, MODEL, SPACE)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    place = data.draw(st.integers(len(MODEL) + 1, len(token) - 1))
    other = data.draw(st.sampled_from(letters).filter(lambda letter: letter != token[place]))
    swapped = token[:place] + other + token[place + 1 :]
    for damaged in (swapped, token[:place] + token[place + 1 :], token[:-1], token[:place] + other + token[place:]):
        if damaged != token:
            with pytest.raises(RecipeError, match=r"damaged|not the token"):
                tokens.read(damaged, MODEL)


@given(text=st.one_of(st.text(max_size=50), st.binary(max_size=60).map(lambda data: "a:00000000:" + data.hex())))
def test_any_text_is_a_recipe_or_one_line(text: str) -> None:
    with pytest.raises(RecipeError) as caught:
        tokens.read(text, MODEL)
    assert len(str(caught.value).splitlines()) == 1


@given(data=st.binary(max_size=80))
@settings(max_examples=300)
def test_any_bytes_are_followed_or_refused(data: bytes) -> None:
    # With the right checksum: a token that somebody made by hand.
    error = None
    try:
        z = replay(decode(bytes([VERSION]) + data), SPACE)
    except RecipeError as caught:
        error = caught
    else:
        assert z.shape == (LATENT,) and z.dtype == np.float32 and np.isfinite(z).all()
    assert error is None or len(str(error).splitlines()) == 1


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x03\xff\xff\xff\xff\x7f\x05abcde",  # a vector of billions of numbers
        b"\x03\x06" + bytes([len(BOMB)]) + BOMB + b"\x00",
        b"\x03\x06\x04abcd\x00",  # not what zlib makes
        b"\x00\xff\x7f",  # thousands of edits
        b"\x04\x01" * 400,  # mixes within mixes
        b"\x00\x00more",
        b"\x09\x00",
        b"\x00\x01\x07",
        b"\x01\x02\x07\x00" + b"\xff" * 8 + b"\x00",  # not a number
        b"\x02" + b"\xff" * 11,
        b"\x00\x01\x85\x00",  # locks, but none
        b"\x00\x01\x85\x01\x09\x00",  # of axes that there are not
        b"\x00\x01\x85\x01\x00\x00\x04",  # a leap to no draw
        b"\x00\x01\x83\x01\x00\x00",
    ],
)
def test_a_hostile_token_is_refused(payload: bytes) -> None:
    with pytest.raises(RecipeError, match="makes no sense"):
        decode(bytes([VERSION]) + payload)


def test_what_the_model_does_not_have_is_refused() -> None:
    far = Recipe(Average(), (Move("PCA", LATENT, 1),))
    for recipe, message in [
        (Recipe(Item(ITEMS)), f"face {ITEMS}, of {ITEMS}"),
        (Recipe(Average(), (Move("PCA", 0, 1, (("PCA", 0),)),)), "which its locks hold"),
        (Recipe(Average(), (Vary(0, 1, (("raw", 99),)),)), "raw bar 99"),
        (far, f"PCA bar {LATENT}, of {LATENT}"),
        (Recipe(Average(), (Move("mine", 0, 1),)), "mine bars"),
        (Recipe(Average(), (Move("PCA", 0, 1e30),)), "out of range"),
        (Recipe(Draw(1, 1e30)), "out of range"),
        (Recipe(Draw(1, 1.0, "prior", 0.0)), "truncation"),
        (Recipe(Mix(Recipe(), Recipe(), 3.0)), "not between"),
        (exact(np.zeros(LATENT + 1, np.float32)), "not one of"),
        (exact(np.full(LATENT, np.nan, np.float32)), "not one of"),
    ]:
        with pytest.raises(RecipeError, match=message):
            replay(recipe, SPACE)


def test_another_models_token_says_whose_it_is() -> None:
    token = tokens.write(Recipe(), "faces:8266e8f7", SPACE)
    with pytest.raises(RecipeError, match=r"belongs to the model faces \(8266e8f7\), and this is digits \(0123abcd\)"):
        tokens.read(token, "digits:0123abcd")
    with pytest.raises(RecipeError, match="another training of faces: 8266e8f7, and this is 0123abcd"):
        tokens.read(token, "faces:0123abcd")
    with pytest.raises(RecipeError, match="newer version"):
        decode(b"\x02\x00\x00")
    with pytest.raises(RecipeError, match="too long"):
        decode(b"\x01" * (MAX_BYTES + 1))
    with pytest.raises(RecipeError, match="not the token"):
        tokens.read("a" * 10_000_000, MODEL)


def test_a_tag_needs_no_quoting() -> None:
    assert tokens.tag("my model; rm *", "0123456789abcdef") == "my_model__rm__:01234567"
    assert tokens.tag("--help", "0123456789") == "help:01234567"
    assert tokens.tag("", "0123456789") == "_:01234567"
    assert len(tokens.tag("x" * 99, "0123456789")) == 49
