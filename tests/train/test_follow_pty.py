"""A run in one process, an explorer that follows it in another, on a real terminal."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.terminal.exploring import ROOT
from tests.terminal.pty_session import PtySession
from tui_vae.model.previews import previews

SECONDS = 150.0


@pytest.mark.timeout(400)
def test_an_explorer_that_is_open_shows_every_report(discs: Path, tmp_path: Path) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=1"}
    fit = [sys.executable, "-m", "train", "fit", "tiny", "--data", str(discs), "--output", str(run)]
    with log.open("w") as output:
        training = subprocess.Popen(fit, env=environment | flags, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + SECONDS
        while not (run / "config.toml").exists():  # from here on the folder is a run
            assert training.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        command = [sys.executable, "-m", "tui_vae", "--follow", str(run)]
        with PtySession(command, environment, 24, 100) as session:
            session.wait_for(lambda text: "live" in text and "held-out" in text, SECONDS)
            session.send("5g")  # while the training goes on
            session.wait_for(lambda text: "index 5 of" in text, SECONDS)
            assert training.wait(SECONDS) == 0, log.read_text()
            steps = list(previews(run))
            session.wait_for(lambda text: f"step {steps[-1]:,}" in text and "live" in text, SECONDS)
            assert "index 5 of" in "".join(session.text())
            session.send("99<")
            session.wait_for(lambda text: " step 0 " in text and f"preview 1 of {len(steps)}" in text, SECONDS)
            session.send("q")
            assert session.wait(SECONDS) == 0
    finally:
        training.kill()
        training.wait()
