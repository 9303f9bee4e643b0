"""Start-up as whole processes: help, and the first decoded face against the imports that it cannot do without."""

from __future__ import annotations

import subprocess
import sys
import time

RUNS = 5
COMMANDS = {
    "tui-vae --help": [sys.executable, "-m", "tui_vae", "--help"],
    "one face printed": [sys.executable, "-m", "tui_vae"],
    "bare imports": [sys.executable, "-c", "import jax, flax.nnx, textual.app"],
}


def seconds(command: list[str]) -> float:
    """Wall time of one run."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Print medians; the commands take turns, so that a busy machine slows all of them."""
    for command in COMMANDS.values():
        seconds(command)
    rounds = [{name: seconds(command) for name, command in COMMANDS.items()} for _ in range(RUNS)]
    medians = {name: sorted(item[name] for item in rounds)[RUNS // 2] for name in COMMANDS}
    for name, value in medians.items():
        print(f"{name:<18} {value:6.2f} s  median of {RUNS}")
    print(f"one face / bare imports: {medians['one face printed'] / medians['bare imports']:.2f}")


if __name__ == "__main__":
    main()
