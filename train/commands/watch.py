"""``watch``: follow a training run in the terminal."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Literal

from tui_vae.errors import UserError


def watch(
    run: Path,
    /,
    color: Literal["auto", "truecolor", "256", "16", "none"] = "auto",
    wait: bool = False,
) -> None:
    """Follow a run live: curves, pictures, time left. Without a terminal: print its newest figures.

    Args:
        run: A run folder of fit.
        color: Colours of the terminal.
        wait: Wait for the folder if it does not exist yet.
    """
    from train.report.log import METRICS, RunLog, epochs

    _check(run, wait, METRICS)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        from train.watch.standing import changed_at, newest

        log = RunLog(run)
        log.read_all()
        print(newest(log, epochs(run), changed_at(run), time.time()))
        return
    if not sys.stderr.isatty():
        raise UserError("the screen is drawn on standard error, which is no terminal here: do not redirect it")

    from tui_vae.terminal import colour
    from tui_vae.terminal.colour import ColourDepth

    depth = colour.parse(color) or colour.detect(os.environ)
    # Textual reads this when it is imported. It must agree with the depth that the pictures are drawn in.
    names = {ColourDepth.TRUECOLOUR: "truecolor", ColourDepth.ANSI_256: "256", ColourDepth.ANSI_16: "standard"}
    if depth in names:
        os.environ["TEXTUAL_COLOR_SYSTEM"] = names[depth]
    from train.watch.app import WatchApp

    app = WatchApp(run, depth)
    app.run()
    if app.return_code:
        raise SystemExit(app.return_code)


def _check(run: Path, wait: bool, metrics: str) -> None:
    """A run folder, or one that fit is about to make of it."""
    if not run.exists():
        if wait:
            return
        raise UserError(f"{run}: no such run folder; name the --output of fit, or wait for it with --wait")
    if not run.is_dir():
        raise UserError(f"{run}: a file, not a run folder; name the --output of fit")
    try:
        names = {path.name for path in run.iterdir() if not path.name.startswith(".")}
    except OSError as error:
        raise UserError(f"{run}: cannot be read: {error.strerror}") from error
    if names and not names & {"config.toml", "data.json", metrics}:
        raise UserError(f"{run}: not a run folder (no config.toml in it); name the --output of fit")
