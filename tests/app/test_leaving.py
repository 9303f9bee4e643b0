"""Leaving when told to, without the program around it."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys

from tui_vae.app.leaving import SIGNALS, Leaving

STUCK = """
import asyncio, time
from tui_vae.app import leaving
leaving.PATIENCE = 0.2
leaving.Leaving(lambda: time.sleep(60), lambda status: None, asyncio.new_event_loop()).begin(15)
"""


def test_a_disk_that_never_answers_holds_nobody() -> None:
    assert subprocess.run([sys.executable, "-c", STUCK], timeout=40, check=False).returncode == 128 + 15


def test_who_goes_on_after_a_signal_has_all_the_time_there_is() -> None:
    after = (
        STUCK.replace("time.sleep(60)", "None")
        .replace("leaving.Leaving", "one = leaving.Leaving")
        .replace(".begin(15)", "\none.begin(15)\none.end()\ntime.sleep(1)\nraise SystemExit(7)")
    )
    assert subprocess.run([sys.executable, "-c", after], timeout=40, check=False).returncode == 7


def test_signals_are_given_back_to_who_goes_on() -> None:
    kept: list[object] = []
    before = {name: signal.getsignal(getattr(signal, name)) for name in SIGNALS}
    loop = asyncio.new_event_loop()
    leaving = Leaving(lambda: kept.append(1), kept.append, loop)
    leaving.watch()
    assert all(signal.getsignal(getattr(signal, name)) != before[name] for name in SIGNALS)
    leaving.end()
    assert {name: signal.getsignal(getattr(signal, name)) for name in SIGNALS} == before
    leaving.begin(1)  # the terminal has gone later on
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    assert kept == []
