"""What randomize goes by, as it is typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_vae.latent.draw_options import MAX_SPREAD, DrawOptions, read_draw_options
from tui_vae.latent.draws import SOURCES
from tui_vae.latent.recipe import Draw, Recipe, RecipeError
from tui_vae.latent.recipe_bytes import decode, encode

USUAL = DrawOptions()
MADE = st.builds(
    DrawOptions,
    spread=st.integers(1, 1000).map(lambda part: part / 100),
    source=st.sampled_from(SOURCES),
    truncation=st.none() | st.integers(1, 100).map(lambda part: part / 10),
    seed=st.none() | st.integers(0, 2**64 - 1),
)


@given(options=MADE, now=MADE)
def test_the_words_for_options_make_the_same_options(options: DrawOptions, now: DrawOptions) -> None:
    assert read_draw_options(str(options), now) == options


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", USUAL),
        ("seed 123", DrawOptions(seed=123)),
        ("Seed:123, PRIOR", DrawOptions(source="prior", seed=123)),
        ("trunc=2 range=1.5", DrawOptions(1.5, truncation=2.0)),
        ("range 1,5", DrawOptions(1.5)),
        ("spread 0.5 truncation off", DrawOptions(0.5)),
    ],
)
def test_what_is_not_said_stays(text: str, options: DrawOptions) -> None:
    assert read_draw_options(text, USUAL) == options


def test_a_seed_holds_for_one_face_and_all_else_until_it_is_changed() -> None:
    now = read_draw_options("prior trunc 2 range 3 seed 7", USUAL)
    assert read_draw_options("range 1", now) == DrawOptions(1.0, "prior", 2.0, None)
    assert read_draw_options("trunc off posterior", now) == DrawOptions(3.0, "posterior")
    assert read_draw_options("trunc off atlas", now) == DrawOptions(3.0)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rnage 2", "'rnage' is none of seed 123, atlas, posterior, prior"),
        ("range", "range needs a number"),
        ("range far", "a range is a number, not 'far'"),
        ("range nan", "a range is from 0.01 to 10"),
        (f"range {MAX_SPREAD * 2}", "a range is from 0.01 to 10"),
        ("trunc 0", "a truncation is from 0.1 to 100"),
        ("seed -1", "a seed is a whole number"),
        ("seed ²", "a seed is a whole number"),
        (f"seed {2**64}", "a seed is a whole number"),
        ("prior posterior", "source is said twice"),
        ("seed 1 seed 2", "seed is said twice"),
    ],
)
def test_what_is_wrong_is_said(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem.replace("(", r"\(")):
        read_draw_options(text, USUAL)


PIECES = st.lists(st.sampled_from(["seed", "prior", "trunc", "range", "off", *" 0123456789.,:-=²x"]), max_size=20).map(
    "".join
)


@given(text=PIECES)
def test_any_text_makes_usable_options_or_one_line(text: str) -> None:
    options, problem = USUAL, ""
    try:
        options = read_draw_options(text, USUAL)
    except ValueError as error:
        problem = str(error)
    assert "\n" not in problem
    assert 0 < options.spread <= MAX_SPREAD and (options.truncation is None or options.truncation >= 0.1)


@pytest.mark.parametrize("flags", [9, 15, 16, 240])
def test_a_draw_of_no_known_kind_is_refused(flags: int) -> None:
    whole = encode(Recipe(Draw(7)))
    assert decode(whole).base == Draw(7)
    with pytest.raises(RecipeError):
        decode(whole[:2] + bytes([flags]) + whole[3:])
