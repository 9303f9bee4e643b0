"""The explorer on a slow link: it never stands still, never falls behind, and ends at the exact face."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.terminal.exploring import LOADED, SMALL, wait_for_face
from tests.terminal.pty_session import PtySession
from tests.terminal.slow_link import SlowSession, press, probed
from tui_vae.api import VAE
from tui_vae.cli import main
from tui_vae.latent.explorer import FINE_STEP, Explorer

FRAME = 30_000
"""Bytes of a whole face at 80x24, generously."""


@pytest.mark.parametrize("rate", [200_000, 50_000])
def test_thirty_keys_a_second_on_a_slow_link(
    rate: int, tiny_path: Path, environment: Mapping[str, str], vae: VAE, tmp_path: Path
) -> None:
    session: SlowSession
    with probed(str(tiny_path), tmp_path, environment, (24, 80), rate) as (session, gaps):
        session.wait_for(lambda text: "marks" in text and "loading" not in text, LOADED)
        press(session, 1.0)
        memory = session.resident()
        started = time.monotonic()
        ended = press(session, 3.0)
        state = Explorer(vae.space)
        for number in [*range(30), *range(90)]:
            state.nudge(FINE_STEP if number // 25 % 2 == 0 else -FINE_STEP)
        wait_for_face(session, vae, state.point.z, SMALL, timeout=20)
        settled = time.monotonic()
        time.sleep(0.3)
        # All that came after the last key: a frame on its way, its face, and that face made exact.
        assert session.bytes_since(ended) < 4 * FRAME
        assert session.bytes_since(settled + 0.2) < FRAME / 10
        assert session.resident() - memory < 20e6
        assert session.bytes_since(started) <= rate * (time.monotonic() - started) * 1.1
    # Waiting for the link would take seconds; what a busy machine takes is no more than this.
    assert max((gap.seconds for gap in gaps if started < gap.end < ended), default=0.0) < 1


def test_keys_typed_while_loading_are_kept(
    tiny_path: Path, environment: Mapping[str, str], vae: VAE, tmp_path: Path
) -> None:
    with probed(str(tiny_path), tmp_path, environment, (24, 80), 200_000) as (session, _):
        session.wait_for(lambda _: b"loading" in session.raw, LOADED)
        session.send("7g")
        session.send("\x1b[C" * 5)
        state = Explorer(vae.space)
        state.go_to(7)
        for _ in range(5):
            state.nudge(FINE_STEP)
        wait_for_face(session, vae, state.point.z, SMALL, timeout=LOADED)
        assert not np.array_equal(state.point.z, vae.space.mean)


def test_the_mouse_is_left_to_the_terminal_on_request(command: list[str], environment: Mapping[str, str]) -> None:
    with PtySession([*command, "--no-mouse", "--fps", "20", "--thin"], environment) as session:
        session.wait_for(lambda text: "marks" in text and "loading" not in text, LOADED)
        session.send("f")
        session.wait_for(lambda text: " fps" in text and "thin" in text)
        session.send("q")
        assert session.wait() == 0
        assert not re.search(rb"\x1b\[\?100[0-36]h", session.raw)


def test_a_frame_rate_that_makes_no_sense_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--fps", "0"]) == 2
    assert capsys.readouterr().err == "tui-vae: error: --fps 0: from 1 to 60 is supported\n"


def test_a_terminal_that_answers_nothing(command: list[str], environment: Mapping[str, str], vae: VAE) -> None:
    """Faces follow the keys by the timer, the levels stay, and no key is taken for the beginning of an answer."""
    with PtySession(command, environment, answer=False) as session:
        session.wait_for(lambda text: "marks" in text and "loading" not in text, LOADED)
        state = Explorer(vae.space)
        for count in (3, 8):
            session.send("\x1b[C" * count)
            for _ in range(count):
                state.nudge(FINE_STEP)
            wait_for_face(session, vae, state.point.z, SMALL, f"{state.values()[0]:+.2f}")
        session.send("7g\x1b[B")
        state.go_to(7)
        wait_for_face(session, vae, state.point.z, SMALL, "index 7 of 0–39", " 2/8 ")
        session.send("4")
        session.wait_for(lambda text: "count 4" in text)
        session.send("\x1b")  # alone it may be the beginning of anything
        session.wait_for(lambda text: "count 4" not in text)
        session.send("f")
        session.wait_for(lambda text: "no answers" in text and "full" in text)
        session.send("q")
        assert session.wait() == 0
