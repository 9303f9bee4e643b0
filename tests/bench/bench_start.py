"""Start-up as whole processes: help; the milestones of the explorer on a terminal up to the first face; and that
against the imports which it cannot do without."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.terminal.pty_session import PtySession

RUNS = 5
COMMANDS = {
    "tui-vae --help": [sys.executable, "-m", "tui_vae", "--help"],
    "one face printed": [sys.executable, "-m", "tui_vae"],
    "bare imports": [sys.executable, "-c", "import jax, flax.nnx, textual.app"],
}
CHILD = """
import sys, threading, time
from pathlib import Path

def watch():
    while not hasattr(sys.modules.get("tui_vae.model.engine"), "Engine"):  # the last line of its imports is behind it
        time.sleep(0.002)
    Path(sys.argv[-1]).write_text(str(time.monotonic()))

threading.Thread(target=watch, daemon=True).start()
from tui_vae.cli import main
sys.exit(main(["--checkpoint", "faces"]))
"""
FIRST, LOADED, DECODED = "explorer: first paint", "explorer: JAX loaded", "explorer: first face"


def seconds(command: list[str]) -> float:
    """Wall time of one run."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    return time.perf_counter() - started


def milestones() -> dict[str, float]:
    """Seconds from the start of an explorer to what can be seen of it, and to JAX."""
    with tempfile.TemporaryDirectory() as folder:
        note = Path(folder) / "loaded"
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "XDG_STATE_HOME": folder}
        started = time.monotonic()
        with PtySession([sys.executable, "-c", CHILD, str(note)], environment) as session:
            session.wait_for(lambda text: "loading the decoder" in text and "▀" in text, 120)
            painted = time.monotonic()
            session.wait_for(lambda text: "marks" in text and "loading the decoder" not in text, 120)
            decoded = time.monotonic()
            loaded = float(note.read_text())
    return {FIRST: painted - started, LOADED: loaded - started, DECODED: decoded - started}


def main() -> None:
    """Print medians; the commands take turns, so that a busy machine slows all of them."""
    for command in COMMANDS.values():
        seconds(command)
    rounds = [{name: seconds(command) for name, command in COMMANDS.items()} | milestones() for _ in range(RUNS)]
    medians = {name: sorted(item[name] for item in rounds)[RUNS // 2] for name in rounds[0]}
    for name, value in medians.items():
        print(f"{name:<22} {value:6.2f} s  median of {RUNS}")
    for name in ("one face printed", FIRST, DECODED):
        print(f"{name} / bare imports: {medians[name] / medians['bare imports']:.2f}")


if __name__ == "__main__":
    main()
