"""``tui-vae render``: faces without an explorer, to files or onto the terminal."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from tui_vae.commands import shared
from tui_vae.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tui_vae.api import VAE

TEXT = "Decode one face to a file, or onto the terminal."


def add_options(command: argparse.ArgumentParser) -> None:
    """The options of the command."""
    which = command.add_mutually_exclusive_group()
    which.add_argument("--seed", type=int, metavar="N", help="a random face; the same number, the same face")
    which.add_argument("--index", type=int, metavar="N", help="a face of the dataset, counted from 0")
    which.add_argument("--latent", type=Path, metavar="FILE", help="a latent vector saved as .npy")
    command.add_argument("--range", type=float, default=1.0, metavar="R", help="how far out --seed goes (default: 1)")
    command.add_argument("--size", type=int, metavar="PX", help="height of the picture (default: the model's own)")
    command.add_argument("--output", type=Path, metavar="FILE", help=".png for the picture, .npy for the latent vector")
    command.add_argument("--force", action="store_true", help="replace --output if it exists")


def run(options: argparse.Namespace) -> int:
    """Do what the options ask for.

    Raises:
        UserError: they cannot be done.
    """
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
    vae = shared.load(options.checkpoint)
    z = _point(vae, options)
    if output is None:
        shared.draw(vae, z, options, options.size)
        return 0
    from tui_vae import pictures

    if output.suffix.lower() == ".npy":
        pictures.save_latent(output, z)
    else:
        height, width = vae.architecture.input[:2]
        grid = (options.size, max(1, round(options.size * width / height))) if options.size else None
        pictures.save_png(output, vae.decode(z[None], grid)[0])
    return 0


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
