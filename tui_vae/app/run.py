"""Open the explorer on a model and leave the terminal as it was."""

from __future__ import annotations

import os
import sys

from tui_vae.app.model import LatentModel
from tui_vae.terminal.colour import ColourDepth

_TEXTUAL_NAMES = {ColourDepth.TRUECOLOUR: "truecolor", ColourDepth.ANSI_256: "256", ColourDepth.ANSI_16: "standard"}


def run(model: LatentModel, depth: ColourDepth) -> int:
    """Run the app until it is left; returns the exit status."""
    # Textual reads this when it is imported. It must agree with the depth that the face is drawn in.
    if depth in _TEXTUAL_NAMES:
        os.environ["TEXTUAL_COLOR_SYSTEM"] = _TEXTUAL_NAMES[depth]
    from tui_vae.app.app import ExplorerApp

    app = ExplorerApp(model, depth)
    app.run()
    status = app.return_code or 0
    if app.is_decoding:
        # The terminal is restored already. A thread that still imports or compiles would hold the process for
        # seconds, and tearing the interpreter down under it can crash.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status
