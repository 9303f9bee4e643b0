"""The recorder of the documentation: what was written comes out again, without what a player must not pass on."""

from __future__ import annotations

import sys

import pyte
from hypothesis import given
from hypothesis import strategies as st

from docs.make_cast import LONGEST_PAUSE, NOT_SHOWN, Keys, record, shown

PARTS = [
    *("a", "é", "▀", "\x1b[31m", "\x1b[2;3H", "\x1b[?25l", "\x1b[?1049h", "\x1b[?2026h"),
    *(
        "\x1b[?2026$p",
        "\x1b[6n",
        "\x1b[?6n",
        "\x1b[c",
        "\x1b[>0c",
        "\x1b[?u",
        "\x1b[>1u",
        "\x1b[?1006h",
        "\x1bP+q5463\x1b\\",
    ),
    *("\x1b]11;?\x1b\\", "\x1b[>0q", "\x1b[14t", "^[[?1004;0$y"),
]


@given(st.lists(st.sampled_from(PARTS)), st.integers(1, 7))
def test_all_is_kept_but_questions_wherever_it_is_cut(parts: list[str], size: int) -> None:
    data = "".join(parts).encode()
    pieces = [(float(begin), data[begin : begin + size]) for begin in range(0, len(data), size)]
    text = "".join(text for _, text in shown(pieces))
    assert text == "".join(part for part in parts if PARTS.index(part) < 8)
    assert not NOT_SHOWN.search(text.encode())


def test_long_pauses_are_cut() -> None:
    events = list(shown([(5.0, b"a"), (5.5, b"b"), (60.0, b"c"), (60.25, b"d")]))
    assert events == [(0.0, "a"), (0.5, "b"), (0.5 + LONGEST_PAUSE, "c"), (0.75 + LONGEST_PAUSE, "d")]


def test_a_program_is_driven_by_its_keys() -> None:
    program = (
        "import sys, tty; tty.setcbreak(0); print('ready')\nwhile (key := sys.stdin.read(1)) != 'q': print(key * 3)"
    )
    script = [Keys(["a", "b"], 2, 0.0, 0.0), Keys(["q"], rest=0.0)]
    session = record([sys.executable, "-u", "-c", program], 20, 8, 1e6, script)
    assert session.exit_status == 0
    screen = pyte.Screen(20, 8)
    stream = pyte.Stream(screen)
    for _, text in shown(session.written):
        stream.feed(text)
    assert [line.strip() for line in screen.display if line.strip()] == ["ready", "aaa", "bbb", "aaa", "bbb"]
