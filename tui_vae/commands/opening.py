"""Which model the explorer opens: a checkpoint, somebody's own decoder, or a run that is still training."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_vae.commands import shared
from tui_vae.errors import UserError

if TYPE_CHECKING:
    from tui_vae.app.model import LatentModel, Moments
    from tui_vae.following import Follower
    from tui_vae.guests import Function, FunctionModel

DEFAULTS = {"decoder": None, "encoder": None, "latents": None, "latent_dim": None, "traceback": False, "follow": None}


def add_options(command: argparse.ArgumentParser) -> None:
    """The options that say what to open; ``DEFAULTS`` are what they are unless given."""
    add_own_options(command)
    command.add_argument(
        "--follow",
        type=Path,
        metavar="RUN",
        default=argparse.SUPPRESS,
        help="the newest weights of a run that is training, and newer ones as they come",
    )


def add_own_options(command: argparse.ArgumentParser) -> None:
    """Those of somebody's own decoder."""
    own = command.add_argument_group("your own decoder", "These options run your code, with all that you may do.")

    def add(name: str, text: str, **settings: Any) -> None:
        own.add_argument(name, default=argparse.SUPPRESS, help=text, **settings)

    add("--decoder", "a function from latents to images, found from the current folder", metavar="MODULE:FUNCTION")
    add("--encoder", "the function from images to latents", metavar="MODULE:FUNCTION")
    add("--latents", "the encoded set: N x L numbers", metavar="FILE.npy", type=Path)
    add("--latent-dim", "without --latents: how many latents the decoder takes", metavar="L", type=int)
    add("--traceback", "tell in full where the decoder has failed", action="store_true")


def open_model(options: argparse.Namespace) -> tuple[LatentModel, Moments | None]:
    """The model that the options name, and the run that it is the first of.

    Raises:
        UserError: options that do not go together, or what is named cannot be opened.
    """
    named = [name for name in ("decoder", "follow") if getattr(options, name) is not None]
    named += ["checkpoint"] if options.checkpoint != "faces" else []
    if len(named) > 1:
        raise UserError(f"--{named[0]} and --{named[1]}: open one or the other")
    if options.decoder is not None:
        return _own(options), None
    for name in ("encoder", "latents", "latent_dim"):
        if getattr(options, name) is not None:
            raise UserError(f"--{name.replace('_', '-')} belongs to --decoder MODULE:FUNCTION")
    if options.follow is not None:
        moments = _run(options.follow)
        return moments.first, moments
    return shared.load(options.checkpoint), None


def _run(run: Path) -> Follower:
    import sys

    from tui_vae.following import wait_for_run
    from tui_vae.model import guest

    guest.behave()
    return wait_for_run(run, lambda text: print(text, file=sys.stderr, flush=True))


def _own(options: argparse.Namespace) -> FunctionModel:
    from tui_vae import guests, paths
    from tui_vae.model import guest

    guest.behave()
    log = None if options.traceback else paths.traceback_log()
    if options.latents is None and options.latent_dim is None:
        raise UserError("--decoder needs --latents FILE.npy, or --latent-dim L to explore its prior")
    latents = None if options.latents is None else _latents(options.latents)
    decode = _function("--decoder", options.decoder, log)
    encode = None if options.encoder is None else _function("--encoder", options.encoder, log)
    return guests.open_function(decode, latents, options.latent_dim, encode, name=options.decoder, log=log)


def _function(option: str, name: str, log: Path | None) -> Function:
    """Import what ``package.module:function`` names; modules of the current folder come first, as in ``python -m``."""
    import importlib
    import sys
    from operator import attrgetter

    from tui_vae.guests import failure

    module, _, function = name.partition(":")
    if not module or not function:
        raise UserError(f"{option} {name}: give it as MODULE:FUNCTION, such as mymodel.networks:decode")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found = attrgetter(function)(importlib.import_module(module))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the module is somebody's own: it may even exit
        if isinstance(error, AttributeError) and error.__traceback__ and error.__traceback__.tb_next is None:
            raise UserError(f"{option} {name}: {module} has no {function!r}") from error
        raise failure(error, f"{option} {name}: importing it", log) from error
    finally:
        sys.path.pop(0)
    if not callable(found):
        raise UserError(f"{option} {name}: no function but a {type(found).__name__}")
    called: Function = found
    return called


def _latents(path: Path) -> Any:
    import numpy as np

    from tui_vae.errors import one_line

    try:
        with path.open("rb") as stream:
            return np.lib.format.read_array(stream, allow_pickle=False)
    except OSError as error:
        raise UserError(f"--latents {path}: cannot read: {error.strerror or error}") from error
    except Exception as error:  # a damaged file raises what it likes
        raise UserError(f"--latents {path}: not a readable .npy file: {one_line(error)}") from error
