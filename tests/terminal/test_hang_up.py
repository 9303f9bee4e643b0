"""The terminal goes away under the explorer: it keeps its place and ends, whatever stands in the way."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.terminal.exploring import LOADED, SMALL, wait_for_face
from tests.terminal.pty_session import PtySession
from tui_vae.api import VAE

DEAF = ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh"]
"""As nohup does: the signal is ignored from the start, and only the terminal itself tells."""


def places(folder: Path) -> list[str]:
    """Where the saved places are."""
    files = sorted((folder / "tui-vae" / "places").glob("*"))
    return [json.loads(path.read_text())["point"]["origin"] for path in files]


@pytest.mark.parametrize("prefix", [[], DEAF], ids=["SIGHUP", "hang-up alone"])
def test_a_lost_terminal(
    prefix: list[str], command: list[str], environment: Mapping[str, str], vae: VAE, tmp_path: Path
) -> None:
    with PtySession([*prefix, *command], {**environment, "XDG_STATE_HOME": str(tmp_path)}) as session:
        session.wait_for(lambda text: "range 1" in text and "loading" not in text, LOADED)
        session.send("3g")
        wait_for_face(session, vae, vae.space.atlas[3], SMALL, "items/003.png")
        session.hang_up()
        assert session.wait() == 128 + signal.SIGHUP
        with pytest.raises(ProcessLookupError):
            os.killpg(session.pid, 0)
    assert places(tmp_path) == ["items/003.png"]


def test_a_terminal_that_takes_no_more(
    command: list[str], environment: Mapping[str, str], vae: VAE, tmp_path: Path
) -> None:
    """The output queue is full and the event loop stands still: the signal must get through all the same."""
    with PtySession(command, {**environment, "XDG_STATE_HOME": str(tmp_path)}) as session:
        session.wait_for(lambda text: "range 1" in text and "loading" not in text, LOADED)
        session.send("3ga9gb")
        wait_for_face(session, vae, vae.space.atlas[9], SMALL, "marks AB")
        session.stop_reading()
        session.send(" " + "?\x1b" * 200)  # plays, and draws far more than a terminal's buffer holds
        session.terminate(signal.SIGTERM)
        assert session.wait(20) == 128 + signal.SIGTERM
    assert len(places(tmp_path)) == 1


def test_a_signal_before_the_first_move_keeps_what_was_saved_before(
    command: list[str], environment: Mapping[str, str], tmp_path: Path
) -> None:
    environment = {**environment, "XDG_STATE_HOME": str(tmp_path)}
    for keys, text in (("5g", "items/005.png"), ("", "' goes back to items/005.png")):
        with PtySession(command, environment) as session:
            session.wait_for(lambda screen: "range 1" in screen, LOADED)
            session.send(keys)
            session.wait_for(lambda screen, text=text: text in screen)  # type: ignore[misc]
            session.terminate(signal.SIGHUP)
            assert session.wait() == 128 + signal.SIGHUP
        assert places(tmp_path) == ["items/005.png"]
    with PtySession([*command, "--resume"], environment) as session:
        session.wait_for(lambda screen: "items/005.png ─" in screen, LOADED)
        session.send("q")
        assert session.wait() == 0
    assert places(tmp_path) == []
