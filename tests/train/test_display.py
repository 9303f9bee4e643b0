from __future__ import annotations

import io
import json
import signal
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tests.terminal.pty_session import PtySession
from train.display import Display
from train.report.figures import fitting, number, phrases

ROOT = Path(__file__).parents[2]
LINE = {
    "step": 100,
    "epoch": 1.5,
    "stage": "main",
    "reconstruction": -12345.6,
    "kl": 45.67,
    "psnr": 22.5,
    "active_units": 44.2,
    "beta": 0.5,
    "skipped": 3,
}
PROGRAM = """
import sys, time
from train.display import Display
with Display(1000, 0, "faces64", epochs=3) as display:
    for step in range(10):
        display.advance(50, {line})
    display.note("best so far: 1,234")
    print("from the program")
    sys.stdin.readline()
"""


def drawn(display: Display, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    with console.capture() as capture:
        console.print(display)
    return capture.get().splitlines()


@given(
    st.dictionaries(st.sampled_from(list(LINE)), st.none() | st.booleans() | st.text() | st.floats() | st.integers())
)
def test_any_line_can_be_put_in_words(line: dict[str, object]) -> None:
    assert all(isinstance(part, str) for part in phrases(line))


def test_only_finite_numbers_are_figures() -> None:
    line = json.loads('{"a": NaN, "b": Infinity, "c": true, "d": "1", "e": 2, "f": 1%s}' % ("0" * 400))
    assert [number(line, key) for key in "abcdefg"] == [None, None, None, None, 2.0, None, None]


@given(st.lists(st.text(min_size=1, max_size=9)), st.integers(0, 40))
def test_what_fits_fits(parts: list[str], width: int) -> None:
    assert len(fitting(parts, width)) <= width


@pytest.mark.parametrize("width", [10, 20, 40, 60, 80, 200])
def test_two_lines_that_never_wrap(width: int) -> None:
    display = Display(1000, 0, "a run with a name that is rather long", epochs=3)
    for _ in range(3):
        display.advance(100, LINE)
        lines = drawn(display, width)
        assert len(lines) == 2
        assert all(len(line) < width for line in lines)


def test_sixty_columns_hold_what_matters() -> None:
    display = Display(1000, 0, "faces64", epochs=3)
    display.advance(50, LINE)
    display.advance(50, LINE)
    first, second = drawn(display, 60)
    assert "10 %" in first and "epoch 1.5 of 3" in first and "left" in first
    assert "3 skipped" in second and "recon -12,346" in second and "KL 45.67" in second and "PSNR 22.50 dB" in second


def test_before_the_first_step_and_after_the_last() -> None:
    display = Display(100, 0, "x")
    assert "compiling" in display.progress()
    display.advance(50, LINE)
    assert "first steps" in display.progress() and display.rate == 0.0  # the first one was mostly compiling
    display.advance(25, LINE)
    assert display.rate > 0 and any(part.endswith(" left") for part in display.progress())
    display.advance(25, LINE)
    assert any(part.startswith("done in") for part in display.progress())


def test_a_long_report_does_not_count_as_training(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("train.display.time.monotonic", lambda: clock[0])
    display = Display(10_000, 0, "x")

    def train(seconds: int) -> None:
        for _ in range(seconds):
            clock[0] += 1.0
            display.advance(100)

    train(3)
    assert display.rate == 100.0
    clock[0] += 600.0
    display.leave_out(600.0)
    train(2)
    assert display.rate == 100.0
    assert any(part == "1 min 35 s left" for part in display.progress())


def test_another_stage_than_the_main_one_is_named() -> None:
    display = Display(100, 0, "x")
    display.advance(50, {**LINE, "stage": "refine"})
    assert "refine" in display.progress()


def test_without_a_terminal_plain_lines_and_the_last_one(capsys: pytest.CaptureFixture[str]) -> None:
    with Display(100, 0, "x") as display:
        for _ in range(9):
            display.advance(10, LINE)
        display.note("best so far")
    error = capsys.readouterr().err
    assert error.splitlines()[0] == "best so far"
    assert len(error.splitlines()) == 2 and "x: 90/100 images" in error and "PSNR 22.50 dB" in error
    assert "\x1b" not in error and "\r" not in error


def test_plain_lines_come_when_they_are_due(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.display.PLAIN_SECONDS", 0.0)
    with Display(100, 50, "x") as display:
        display.advance(10)
        display.advance(10, LINE)
    first, second = capsys.readouterr().err.splitlines()
    assert "60/100" in first and "70/100" in second


def test_an_error_in_the_run_is_not_held_back() -> None:
    with pytest.raises(KeyboardInterrupt), Display(100, 0, "x"):
        raise KeyboardInterrupt


def program(*lines: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(PROGRAM).format(line=LINE), *lines]


@pytest.fixture
def _at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.usefixtures("_at_home")
def test_on_a_terminal_notes_stand_above_the_live_lines() -> None:
    with PtySession(program(), rows=8, cols=60) as session:

        def is_drawn(screen: str) -> bool:  # notes in the order in which they came, then the live lines
            notes = screen.partition("best so far: 1,234")[2].strip()
            return notes.startswith("from the program") and "50 %" in notes and "PSNR" in notes

        text = session.wait_for(is_drawn, 60)
        lines = [line.rstrip() for line in text.splitlines()]
        note = lines.index("best so far: 1,234")
        assert lines[note + 1] == "from the program"
        assert lines[note + 2].startswith("faces64 ━") and "recon -12,346" in lines[note + 3]
        session.send("\n")
        assert session.wait() == 0


@pytest.mark.usefixtures("_at_home")
def test_an_interrupt_leaves_the_cursor_and_the_figures() -> None:
    with PtySession(program(), rows=8, cols=60) as session:
        session.wait_for(lambda screen: "from the program" in screen and "PSNR" in screen, 60)
        session.terminate(signal.SIGINT)
        session.wait()
        assert session.raw.rindex(b"\x1b[?25h") > session.raw.rindex(b"\x1b[?25l")
        assert any("PSNR 22.50 dB" in line for line in session.text())
