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
from tui_vae.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tui_vae.api import VAE
    from tui_vae.terminal.colour import ColourDepth

PRINTED_COLUMNS = 64


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0, or 2 for bad input."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without half blocks or arrows gets question marks
    try:
        options = _parser().parse_args(arguments)
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
        "--cells",
        choices=["half", "quadrant", "sextant", "ascii"],
        help="how a cell shows pixels: 2, 4 or 6 of them, or one without Unicode (default: half)",
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
        parents=[_common()],
        description="Explore the latent space of a face VAE from the keyboard, in any terminal.",
        epilog="Without a command: explore. Where standard output is no terminal: print one face.",
    )
    parser.add_argument("--version", action="version", version=f"tui-vae {__version__}")
    parser.set_defaults(run=_explore, checkpoint="faces", color="auto", cells="half", zoom="fit")
    parser.set_defaults(resume=False, fps=60.0, thin=False, no_mouse=False)
    commands = parser.add_subparsers(title="commands", metavar="")

    def add(name: str, run: object, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, parents=[_common()], help=text, description=text)
        command.set_defaults(run=run)
        return command

    explore = add("explore", _explore, "Open the explorer (the default).")
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
            action="store_true",
            default=argparse.SUPPRESS,
            help="spare the link: faces that move have fewer colours",
        )
        command.add_argument(
            "--no-mouse", action="store_true", default=argparse.SUPPRESS, help="leave the mouse to the terminal"
        )
    render = add("render", _render, "Decode one face to a file, or onto the terminal.")
    which = render.add_mutually_exclusive_group()
    which.add_argument("--seed", type=int, metavar="N", help="a random face; the same number, the same face")
    which.add_argument("--index", type=int, metavar="N", help="a face of the dataset, counted from 0")
    which.add_argument("--latent", type=Path, metavar="FILE", help="a latent vector saved as .npy")
    render.add_argument("--range", type=float, default=1.0, metavar="R", help="how far out --seed goes (default: 1)")
    render.add_argument("--size", type=int, metavar="PX", help="height of the picture (default: the model's own)")
    render.add_argument("--output", type=Path, metavar="FILE", help=".png for the picture, .npy for the latent vector")
    render.add_argument("--force", action="store_true", help="replace --output if it exists")
    info = add("info", _info, "Describe a checkpoint.")
    info.add_argument("name", nargs="?", metavar="NAME|PATH", help="the checkpoint (default: --checkpoint)")
    add("list", _list, "List the checkpoints that can be opened by name.")
    add("keys", _keys, "List the explorer's keys.")
    return parser


def _explore(options: argparse.Namespace) -> int:
    if not 1 <= options.fps <= 60:
        raise UserError(f"--fps {options.fps:g}: from 1 to 60 is supported")
    vae = _load(options.checkpoint)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        _draw(vae, vae.space.sample(0), options)
        return 0
    if not sys.stderr.isatty():
        raise UserError("the screen is drawn on standard error, which is no terminal here: do not redirect it")
    from tui_vae.app.run import run
    from tui_vae.terminal.grid import CellShape

    return run(
        vae,
        _depth(options.color),
        ask=options.color == "auto",
        resume=options.resume,
        fps=options.fps,
        thin=options.thin,
        mouse=not options.no_mouse,
        shape=CellShape(options.cells),
        zoom=options.zoom,
    )


def _render(options: argparse.Namespace) -> int:
    output: Path | None = options.output
    if output is not None:
        if output.suffix.lower() not in {".png", ".npy"}:
            raise UserError(f"--output {output}: the name must end in .png (picture) or .npy (latent vector)")
        if not options.force and os.path.lexists(output):
            raise UserError(f"--output {output}: exists; --force replaces it")
    if options.size is not None and not 8 <= options.size <= 4096:
        raise UserError(f"--size {options.size}: from 8 to 4096 pixels are supported")
    if not 0 <= options.range <= 10:
        raise UserError(f"--range {options.range}: from 0 to 10 is supported")
    vae = _load(options.checkpoint)
    z = _point(vae, options)
    if output is None:
        _draw(vae, z, options, options.size)
        return 0
    from tui_vae import pictures

    if output.suffix.lower() == ".npy":
        pictures.save_latent(output, z)
    else:
        height, width = vae.architecture.input[:2]
        grid = (options.size, max(1, round(options.size * width / height))) if options.size else None
        pictures.save_png(output, vae.decode(z[None], grid)[0])
    return 0


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
    from tui_vae.app import actions

    print(actions.as_text())
    return 0


def _load(checkpoint: str) -> VAE:
    from tui_vae.api import load
    from tui_vae.model import guest

    guest.behave()  # the program's choice: whoever imports the library has made their own
    return load(checkpoint)


def _point(vae: VAE, options: argparse.Namespace) -> npt.NDArray[np.float32]:
    if options.seed is not None:
        if options.seed < 0:
            raise UserError(f"--seed {options.seed}: a seed is not negative")
        return vae.space.sample(options.seed, options.range)
    if options.index is not None:
        count = len(vae.space.atlas)
        if not 0 <= options.index < count:
            raise UserError(f"--index {options.index}: the dataset runs from 0 to {count - 1}")
        return vae.space.atlas[options.index]
    if options.latent is not None:
        from tui_vae import pictures

        return pictures.read_latent(options.latent, vae.architecture.latent)
    return vae.space.mean


def _depth(name: str) -> ColourDepth:
    from tui_vae.terminal import colour

    return colour.parse(name) or colour.detect(os.environ)


def _draw(vae: VAE, z: npt.NDArray[np.float32], options: argparse.Namespace, size: int | None = None) -> None:
    """Print a face as rows of cells, as wide as the terminal lets it."""
    import shutil

    import numpy as np

    from tui_vae.terminal import cells
    from tui_vae.terminal.grid import CellShape, fit_grid, whole_factors

    height, width = vae.architecture.input[:2]
    room = shutil.get_terminal_size((80, 24))
    # On a terminal the whole face must fit above the next prompt; a file or a pipe has no height.
    lines = room.lines - 1 if sys.stdout.isatty() else PRINTED_COLUMNS * height
    shape = CellShape(options.cells)
    area = height, width, min(size or PRINTED_COLUMNS, room.columns), lines
    factors = whole_factors(*area, shape) if options.zoom == "integer" else None
    face = vae.decode(z[None], None if factors else fit_grid(*area, shape))[0]
    down, across = factors or (1, 1)
    enlarged = np.broadcast_to(face, (*face.shape[:2], 3)).repeat(down, axis=0).repeat(across, axis=1)
    for row in cells.rows(enlarged, _depth(options.color), shape):
        print(row)
