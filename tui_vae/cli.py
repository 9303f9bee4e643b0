"""The commands of ``tui-vae``. Parsing loads neither Textual nor JAX; each command loads what it needs."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tui_vae import __version__
from tui_vae.commands import beginning, opening, photo, render, shared
from tui_vae.commands import settings as settings_command
from tui_vae.errors import UserError

if TYPE_CHECKING:
    from tui_vae.app.model import LatentModel
    from tui_vae.originals import Originals


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0, or 2 for bad input."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without half blocks or arrows gets question marks
    try:
        options = _parser().parse_args(arguments)
        settings_command.fill(options)
        status: int = options.run(options)
        sys.stdout.flush()
    except UserError as error:
        print(f"tui-vae: error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader has gone, as in `tui-vae list | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return status


def _common() -> argparse.ArgumentParser:
    """The options that may stand before a command or after it. Made anew for each parser: a parser's defaults are
    written into its options, and a command's defaults would undo what was said before it."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--checkpoint", metavar="NAME|PATH", help="the model to open (default: faces)")
    common.add_argument(
        "--color", choices=["auto", "truecolor", "256", "16", "none"], help="colours to draw with (default: auto)"
    )
    common.add_argument(
        "--no-dither", action="store_true", help="with 256 or 16 colours take the nearest ones and do not mix them"
    )
    common.add_argument(
        "--cells",
        choices=["auto", "half", "quadrant", "sextant", "ascii"],
        help="how a cell shows pixels: 2, 4 or 6 of them, or one without Unicode"
        " (default: auto, which is half with a UTF-8 locale and ascii with another)",
    )
    common.add_argument(
        "--zoom",
        choices=["fit", "integer"],
        help="fill the room there is, or enlarge the model's own pixels by whole factors (default: fit)",
    )
    return common


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tui-vae",
        allow_abbrev=False,  # or an option of a command could be taken for the beginning of several of these
        parents=[_common()],
        description="Explore the latent space of a face VAE from the keyboard, in any terminal.",
        epilog="Without a command: explore. Where standard output is no terminal: print one face.",
    )
    parser.add_argument("--version", action="version", version=f"tui-vae {__version__}")
    parser.set_defaults(run=_explore, decided=settings_command.EXPLORING, **settings_command.UNSAID)
    parser.set_defaults(resume=False, no_dither=False, images=None, photo=None, camera=None)
    parser.set_defaults(**opening.DEFAULTS, **beginning.DEFAULTS)
    commands = parser.add_subparsers(title="commands", metavar="")

    def add(name: str, run: object, text: str, decided: tuple[str, ...] = ()) -> argparse.ArgumentParser:
        command = commands.add_parser(name, parents=[_common()], help=text, description=text)
        command.set_defaults(run=run, decided=decided)
        return command

    explore = add("explore", _explore, "Open the explorer (the default).", settings_command.EXPLORING)
    for command in (parser, explore):
        command.add_argument(
            "--resume",
            action="store_true",
            default=argparse.SUPPRESS,
            help="go back at once to where you were when the connection dropped",
        )
        command.add_argument(
            "--fps",
            type=float,
            metavar="N",
            default=argparse.SUPPRESS,
            help="frames a second at most, 1 to 60 (default: 60, fewer over a slow link)",
        )
        command.add_argument(
            "--thin",
            action=argparse.BooleanOptionalAction,
            default=argparse.SUPPRESS,
            help="spare the link: faces that move have fewer colours",
        )
        command.add_argument(
            "--graphics",
            choices=["auto", "kitty", "sixel", "off"],
            default=argparse.SUPPRESS,
            help="show the face in real pixels, if the terminal has them (default: auto, off inside tmux)",
        )
        command.add_argument(
            "--mouse",
            action=argparse.BooleanOptionalAction,
            default=argparse.SUPPRESS,
            help="take the mouse, or leave it to the terminal",
        )
        command.add_argument(
            "--images",
            metavar="SOURCE",
            default=argparse.SUPPRESS,
            help="folder or archive that the model was trained on: shows originals beside reconstructions (key D)",
        )
        command.add_argument(
            "--photo", type=Path, metavar="FILE", default=argparse.SUPPRESS, help="open a photo (needs tui-vae[photo])"
        )
        beginning.add_options(command)
        command.add_argument(
            "--camera",
            metavar="N|FILE",
            default=argparse.SUPPRESS,
            help="mirror the face in front of a camera, 0 is the first, or in a video file (needs tui-vae[photo])",
        )
        opening.add_options(command)
    render.add_options(add("render", render.run, render.TEXT, settings_command.DRAWING))
    info = add("info", _info, "Describe a checkpoint.", ("checkpoint",))
    info.add_argument("name", nargs="?", metavar="NAME|PATH", help="the checkpoint (default: --checkpoint)")
    add("list", _list, "List the checkpoints that can be opened by name.")
    keys = add("keys", _keys, "List the explorer's keys.")
    keys.add_argument("--ids", action="store_true", help="with the actions' names, as settings.toml has them")
    settings_command.add_options(add("settings", settings_command.run, settings_command.TEXT))
    return parser


def _explore(options: argparse.Namespace) -> int:
    if not 1 <= options.fps <= 60:
        raise UserError(f"--fps {options.fps:g}: from 1 to 60 is supported")
    if options.photo is not None:
        photo.check_file(options.photo)
    beginning.check(options)
    on_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    camera = _camera(options, on_terminal) if options.camera is not None else None
    model, moments = opening.open_model(options)
    recipe = beginning.recipe_of(options, model)
    beginning.check_tour(options, model, recipe)
    if not on_terminal:
        if options.tour:
            raise UserError(f"--tour {options.tour}: a tour needs a terminal; tui-vae render --tour makes a film of it")
        z = beginning.first_face(recipe, model)
        if options.photo is not None:
            z = photo.encoded_by(model, options.photo)
        shared.draw(model, z, options)
        return 0
    if not sys.stderr.isatty():
        raise UserError("the screen is drawn on standard error, which is no terminal here: do not redirect it")
    from tui_vae.app.run import run

    return run(
        model,
        shared.depth(options),
        ask=options.color == "auto",
        resume=options.resume,
        recipe=recipe,
        tour=options.tour,
        fps=options.fps,
        thin=options.thin,
        mouse=options.mouse,
        shape=shared.shape(options.cells),
        ascii_only=options.cells == "auto" and shared.shape("auto").value == "ascii",
        zoom=options.zoom,
        moments=moments,
        graphics=options.graphics,
        originals=_originals(options.images, model),
        photo=options.photo,
        camera=camera,
        settings=options.settings,
    )


def _camera(options: argparse.Namespace, on_terminal: bool) -> int | Path:
    if options.photo is not None:
        raise UserError("--camera: not together with --photo")
    if not on_terminal:
        raise UserError("--camera: a mirror needs a terminal; tui-vae render --photo FILE takes pictures")
    return photo.check_camera(options.camera)


def _originals(source: str | None, model: LatentModel) -> Originals | None:
    from tui_vae.api import VAE
    from tui_vae.following import Snapshot
    from tui_vae.originals import Originals

    if source is None:
        return None
    if not isinstance(model, VAE | Snapshot):
        raise UserError(f"--images {source}: only a checkpoint knows how its images were prepared")
    return Originals(source, model.checkpoint.preprocessing)


def _info(options: argparse.Namespace) -> int:
    from tui_vae import about, paths

    path = paths.find_checkpoint(options.name or options.checkpoint)
    print(about.describe(path))
    return 0


def _list(options: argparse.Namespace) -> int:
    from tui_vae import about, paths

    found = paths.checkpoints()
    for name, path in found.items():
        print(about.line(name, path))
    if not found:
        places = ", ".join(map(str, paths.checkpoint_folders()))
        raise UserError(f"no checkpoints found in {places}")
    return 0


def _keys(options: argparse.Namespace) -> int:
    from tui_vae import settings
    from tui_vae.app import actions
    from tui_vae.app.actions.keymap import remapped

    print(actions.as_text(remapped(settings.read().keys, actions.ACTIONS), ids=options.ids))
    return 0
