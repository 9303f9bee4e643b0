"""Answers of the terminal are taken out of the input; keys are not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_vae.terminal.answers import DUE, HOLD, Answer, AnswerFilter, Attributes, CellSize, KittyReport, Query

ANSWERS = {
    "\x1b[?25;1$y": Answer(Query.MODE, 0),
    "\x1b[?7;2$y": Answer(Query.MODE, 1),
    "\x1b[?1004;0$y": Answer(Query.MODE, 2),
    "\x1b[?2004;4$y": Answer(Query.MODE, 3),
    "\x1b[2;1R": Answer(Query.CURSOR, 0),
    "\x1b[2;8R": Answer(Query.CURSOR, 7),
    "\x1b_Gi=31;OK\x1b\\": KittyReport(True),
    "\x1b_Gi=31;EINVAL:no\x1b\\": KittyReport(False),
    "\x1b[6;16;8t": CellSize(16, 8),
    "\x1b[?62;4;22c": Attributes(frozenset({62, 4, 22})),
    "\x1b[?6c": Attributes(frozenset({6})),
}
KEYS = (
    "j", "é", "\r", "\x1b[A", "\x1b[1;2R", "\x1b[1;5R", "\x1bOP", "\x1b[3~", "\x1b[<0;12;7M", "\x1b[<32;12;70m",
    "\x1b[97;5u", "\x1b[?2026;2$y", "\x1b_", "\x1b[6~", "\x1b[48;24;80;384;640t", "\x1b[I", "\x1b[24;80R", "2;1R",
)  # fmt: skip


@given(st.lists(st.sampled_from([*KEYS, *ANSWERS])), st.data())
def test_input_is_sorted_however_it_is_cut(pieces: list[str], data: st.DataObject) -> None:
    stream = "".join(pieces)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=8)) | {0, len(stream)})
    answers = AnswerFilter()
    for _ in range(len(pieces) + 1):
        answers.asked(0.0)
    typed, found = "", []
    for start, end in pairwise(cuts):
        text, new = answers.feed(stream[start:end], 0.001)
        typed += text
        found += new
    typed += answers.feed("", 100.0)[0]
    assert typed == "".join(piece for piece in pieces if piece not in ANSWERS)
    assert found == [ANSWERS[piece] for piece in pieces if piece in ANSWERS]


@given(st.lists(st.sampled_from(KEYS)))
def test_keys_go_through_at_once_when_nothing_is_due(keys: list[str]) -> None:
    whole = [key for key in keys if not key.startswith("\x1b[?")]
    answers = AnswerFilter()
    for key in whole:
        assert answers.feed(key, 0.0) == (key, [])
    assert answers.feed("\x1b", 0.0) == ("\x1b", [])


def test_escape_waits_shortly_for_an_answer_that_is_due() -> None:
    answers = AnswerFilter()
    answers.asked(0.0)
    assert answers.feed("\x1b", 1.0) == ("", [])
    assert answers.feed("", 1.0 + HOLD / 2) == ("", [])
    assert answers.feed("", 1.0 + HOLD) == ("\x1b", [])
    # Behind the last answer it does not wait.
    assert answers.feed("\x1b\x1b[2;3R\x1b", 2.0) == ("\x1b\x1b", [Answer(Query.CURSOR, 2)])


def test_the_beginning_of_a_report_never_comes_through_as_keys_however_slow_the_rest_is() -> None:
    answers = AnswerFilter()
    assert answers.feed("a\x1b[?2", 0.0) == ("a", [])
    assert answers.feed("", 1.5) == ("", [])
    assert answers.feed("5;1", 3.0) == ("", [])
    assert answers.feed("$yb", 4.0) == ("b", [Answer(Query.MODE, 0)])
    assert answers.feed("\x1b[?2", 10.0) == ("", [])
    assert answers.feed("", 10.0 + DUE) == ("\x1b[?2", [])  # the terminal has lost the rest


def test_alt_underscore_is_a_key_also_while_an_answer_is_due() -> None:
    answers = AnswerFilter()
    assert answers.feed("\x1b_G", 0.0) == ("\x1b_G", [])  # and then G
    answers.asked(1.0)
    assert answers.feed("\x1b_", 1.0) == ("", [])
    assert answers.feed("", 1.0 + HOLD) == ("\x1b_", [])
    assert answers.feed("\x1b_Gi=31;O", 2.0) == ("", [])
    assert answers.feed("K\x1b", 2.0 + 2 * HOLD) == ("", [])
    assert answers.feed("\\j", 2.0 + 4 * HOLD) == ("j", [KittyReport(True)])


@pytest.mark.parametrize("query", Query)
def test_a_question_says_which_answer_it_wants(query: Query) -> None:
    texts = [query.text(number) for number in range(2 * query.period)]
    assert texts[: query.period] == texts[query.period :]
    assert len(set(texts)) == query.period


def test_an_answer_is_awaited_until_it_has_come_or_is_overdue() -> None:
    answers = AnswerFilter()
    assert not answers.awaits(0.0)
    answers.asked(0.0)
    answers.asked(1.0)
    answers.feed("\x1b[?25;1$y", 1.1)
    assert answers.awaits(1.1) and not answers.awaits(1.0 + DUE)
    answers.feed("\x1b[?7;1$", 1.2)
    assert answers.awaits(1.2), "half of one"
    answers.feed("y", 1.3)
    assert not answers.awaits(1.3)
