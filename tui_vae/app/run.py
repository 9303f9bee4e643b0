"""Open the explorer on a model and leave the terminal as it was."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from tui_vae.app.model import LatentModel, Moments
from tui_vae.errors import UserError
from tui_vae.latent.recipe import Recipe
from tui_vae.originals import Originals
from tui_vae.settings import Settings
from tui_vae.settings import read as read_settings
from tui_vae.terminal import query
from tui_vae.terminal.colour import ColourDepth
from tui_vae.terminal.grid import CellShape, Zoom
from tui_vae.terminal.pacing import MAX_FPS, Pacer

_TEXTUAL_NAMES = {ColourDepth.TRUECOLOUR: "truecolor", ColourDepth.ANSI_256: "256", ColourDepth.ANSI_16: "standard"}


def run(
    model: LatentModel,
    depth: ColourDepth,
    *,
    ask: bool = False,
    resume: bool = False,
    fps: float = MAX_FPS,
    thin: bool = False,
    mouse: bool = True,
    shape: CellShape = CellShape.HALF,
    zoom: Zoom = "fit",
    leave_process: bool = True,
    ascii_only: bool = False,
    moments: Moments | None = None,
    graphics: str = "auto",
    originals: Originals | None = None,
    photo: Path | None = None,
    camera: int | Path | None = None,
    settings: Settings | None = None,
    recipe: Recipe | None = None,
    tour: str = "",
) -> int:
    """Run the app until it is left.

    Args:
        model: What to explore.
        depth: The colours to draw with.
        ask: Ask the terminal whether it has more colours than ``depth``, which the environment told of.
        resume: Go back to the saved place at once.
        fps: Frames a second at most.
        thin: Spare the link from the beginning.
        mouse: Let the mouse set bars.
        shape: How cells show the face.
        zoom: How the face uses its room.
        leave_process: Whether the process is the program's own, and may end with it.
        originals: The images that the model was trained on.
        photo: A photo to open at once.
        recipe: The face to begin with.
        tour: A tour to begin at once.
        camera: A camera or a video file to mirror at once.
        ascii_only: The locale has no UTF-8: write ASCII everywhere, and say so.
        moments: The run to follow, whose first model is ``model``; no place is kept then.
        graphics: Real pixels: `auto`, `kitty`, `sixel` or `off`, as `graphics.wish` takes it.
        settings: The user's keys, theme and motion; those of the settings file unless told.

    Returns:
        The exit status.

    Raises:
        UserError: The decoder failed, or something in the settings is wrong.
        SystemExit: A signal ended the program, and the process is not its own.
    """
    settings = settings or read_settings()
    heard = None
    if ask and query.may_ask(os.environ, depth):
        heard = query.ask(sys.stdin.fileno(), sys.stderr.fileno())
        depth = ColourDepth.TRUECOLOUR if heard.replies.keeps_24_bits else depth
    # Textual reads this when it is imported. It must agree with the depth that the face is drawn in.
    if depth.terminal in _TEXTUAL_NAMES:
        os.environ["TEXTUAL_COLOR_SYSTEM"] = _TEXTUAL_NAMES[depth.terminal]
    from tui_vae.app.app import ExplorerApp
    from tui_vae.app.opening import session_of
    from tui_vae.app.remembered import Remembered
    from tui_vae.terminal import graphics as pixels

    wish = pixels.wish(graphics, os.environ, depth, shape)
    session = None
    if moments is None:  # a place is one of certain weights, and these will be others
        session = session_of(model, resume=resume)
    app = ExplorerApp(
        model,
        depth,
        session,
        Pacer(fps, thin=thin),
        shape=shape,
        zoom=zoom,
        wish=wish,
        settings=settings,
        remembered=Remembered(),
    )
    app.heard = heard
    app.explorer.originals = originals
    app.explorer.first_photo, app.explorer.first_camera = photo, camera
    app.explorer.first_recipe, app.explorer.first_tour = recipe, tour
    if ascii_only:
        app.use_ascii()
    if moments is not None:
        app.explorer.follow(moments)
    reason = app.run(mouse=mouse)
    if app.leaving is not None and not leave_process:
        app.leaving.end()
    if isinstance(reason, str):
        raise UserError(reason)
    status = app.return_code or 0
    if status == 0:
        app.leave_sessions()
    if not leave_process:
        if status > 128:
            raise SystemExit(status)
        return status
    if app.is_decoding or status > 128:  # told to end: the terminal may be gone, and flushing it at exit would fail
        # The terminal is restored already. A thread that still imports or compiles would hold the process for
        # seconds, and tearing the interpreter down under it can crash.
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)
    return status
