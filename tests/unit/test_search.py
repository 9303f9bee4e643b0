"""The query language of the atlas: what it finds, and what it says of what it cannot read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.made_space import ITEMS, make_space
from tui_vae.latent.search import MAX_LENGTH, Found, SearchError, search
from tui_vae.latent.space import LatentSpace

SPACE = make_space()
PLAIN = make_space(labels=False, clusters=False)
SMILING = SPACE.labels[0].values
AGE = SPACE.labels[2].values
HAT = SPACE.axes[2].readout[1] @ (SPACE.atlas.latents - SPACE.mean).T
INDEX = np.arange(ITEMS)
YOUNG = INDEX % 2 == 0
BLOND = INDEX % 3 != 0


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", INDEX >= 0),
        ("smiling", SMILING == 1),
        ("not smiling", SMILING == 0),  # those of which it is not known are in neither
        ("NOT not Smiling", SMILING == 1),
        ("smiling and not young", (SMILING == 1) & ~YOUNG),
        ("smiling or young and hair = blond", (SMILING == 1) | (YOUNG & BLOND)),
        ("(smiling or young) and hair=blond", ((SMILING == 1) | YOUNG) & BLOND),
        ("not (smiling or young)", (SMILING == 0) & ~YOUNG),
        ("age > 30", AGE > 30),
        ("not age > 30", AGE <= 30),
        ("age>=30 and age<3.5e1", (AGE >= 30) & (AGE < 35)),
        ("age = 25", AGE == 25),
        ("age != 25", (AGE != 25) & ~np.isnan(AGE)),
        ("hair = dark_brown", ~BLOND),
        ('hair == "Dark Brown"', ~BLOND),
        ("hair != blond", ~BLOND),
        ("young = no", ~YOUNG),
        ("young != yes", ~YOUNG),
        ("cluster = 2", INDEX % 3 == 2),
        ("index < 7", INDEX < 7),
        ("000012", INDEX == 12),
        ("faces/00000", INDEX < 10),
        ("'000012'", INDEX == 12),
        ("*.jpg", ~YOUNG),
        ("00000?.jpg", ~YOUNG & (INDEX < 10)),
        ("*.gif", INDEX < 0),
        ("wearing hat", HAT > 1),
        ("wearing_hat", HAT > 1),
        ("not WEARING  hat", HAT < -1),
        ("wearing hat = no", HAT < -1),
        ("wearing hat > 0.5", HAT > 0.5),
        ("smiling > 0.5", SPACE.coordinates[:, 0] > 0.5),
        ("pc 2 < -1", SPACE.coordinates[:, 1] < -1),
    ],
)
def test_a_query_finds(query: str, expected: np.ndarray) -> None:
    assert np.array_equal(search(SPACE, query).items, expected)


def test_what_was_only_predicted_is_named() -> None:
    assert search(SPACE, "wearing hat or wearing_hat and smiling").predicted == ("wearing hat",)
    assert search(SPACE, "smiling").predicted == ()
    assert search(PLAIN, "smiling and not wearing hat").predicted == ("smiling", "wearing hat")
    assert search(SPACE, "pc 1 > 0").predicted == ()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("young and smilling", "no attribute or item 'smilling'; did you mean smiling? (at 11)"),
        ("agge > 3", "nothing here is called 'agge'; did you mean age? (at 1)"),
        ("zzz > 3", "nothing here is called 'zzz' (at 1)"),
        ("age", "'age' is numeric: compare it, such as age > 0 (at 1)"),
        ("hair", "'hair' is categorical: compare it, such as hair = blond (at 1)"),
        ("hair = blonde", "hair is never 'blonde'; did you mean blond? (at 1)"),
        ("hair > blond", "'hair' is categorical: it has no more and less, only = and != (at 1)"),
        ("age > old", "age is a number, and 'old' is none (at 1)"),
        ("age > nan", "age is a number, and 'nan' is none (at 1)"),
        ("young = perhaps", "'young' is yes or no, not 'perhaps' (at 1)"),
        ("age >", "expected a value before the end (at 6)"),
        ("and", "expected a name before 'and' (at 1)"),
        ("smiling and", "expected a name before the end (at 12)"),
        ("(smiling", "expected ) before 'the end' (at 9)"),
        ("smiling)", "expected and, or or the end before ')' (at 8)"),
        ("smiling (young)", "expected and, or or the end before '(' (at 9)"),
        ('young and "smi', "this quotation mark is never closed (at 11)"),
        ("''", "an empty name (at 1)"),
        ("_", "an empty name (at 1)"),
        ("age ! 3", "no attribute or item 'age ! 3'; did you mean age? (at 1)"),
        ("(" * 60, "too many brackets within each other (at 52)"),
        ("a" * (MAX_LENGTH + 1), f"the query has more than {MAX_LENGTH} characters (at {MAX_LENGTH + 1})"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(query: str, message: str) -> None:
    with pytest.raises(SearchError) as caught:
        search(SPACE, query)
    assert str(caught.value) == message


WORDS = ["and", "or", "not", "(", ")", "smiling", "age", ">", "=", "!=", "30", "hair", "blond", "*.jpg", "[", "'", '"']


def found_or_error(space: LatentSpace, text: str) -> Found | SearchError:
    try:
        return search(space, text)
    except SearchError as error:
        return error


@given(text=st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)))
def test_any_text_gives_a_result_or_one_line(text: str) -> None:
    for space in (SPACE, PLAIN):
        result = found_or_error(space, text)
        if isinstance(result, SearchError):
            assert len(str(result).splitlines()) == 1
            assert 0 <= result.position <= max(len(text), MAX_LENGTH)
        else:
            assert result.items.shape == (ITEMS,) and result.items.dtype == np.bool_


TERMS = st.sampled_from(["smiling", "young", "age > 40", "hair = blond", "wearing hat", "*.png", "cluster = 1"])
QUERIES = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        inner.map(lambda one: f"not ({one})"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda parts: "({}) {} ({})".format(*parts)),
    ),
    max_leaves=6,
)


@given(first=QUERIES, second=QUERIES)
def test_it_is_kleenes_logic(first: str, second: str) -> None:
    def items(query: str) -> np.ndarray:
        return search(SPACE, query).items

    assert np.array_equal(items(f"({first}) and ({second})"), items(first) & items(second))
    assert np.array_equal(items(f"({first}) or ({second})"), items(first) | items(second))
    assert np.array_equal(items(f"not (({first}) and ({second}))"), items(f"not ({first}) or not ({second})"))
    assert not (items(first) & items(f"not ({first})")).any()
