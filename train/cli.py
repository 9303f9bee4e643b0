"""The commands of ``tui-vae-train``. A command loads JAX when it runs, not to print its help."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Callable, Sequence

from train import presets as configs
from train.commands import fit
from train.commands.convert import convert
from train.commands.disentangle import disentangle
from train.commands.edits import edits
from train.commands.evaluate import evaluate
from train.commands.export import export
from train.commands.prepare import prepare
from train.commands.presets import presets
from train.commands.watch import watch
from train.devices import among_others, leave
from tui_vae.errors import UserError

EXTRA = "pip install 'tui-vae[train]'"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0, 2 for bad input, 130 when interrupted."""
    try:
        status = _status(arguments)
    except BaseException:
        if among_others():
            traceback.print_exc()
            leave(1)
        raise
    if status:
        leave(status)
    return status


def _status(arguments: Sequence[str] | None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # paths that are not UTF-8, terminals that are not
    try:
        _run(words)
        sys.stdout.flush()
    except UserError as error:
        print(f"tui-vae-train: error: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(f"tui-vae-train: error: {error.name} is not installed; {EXTRA}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141  # as if killed by the signal: the work was not done
    except MemoryError:
        print("tui-vae-train: error: not enough memory; lower run.batch or take smaller images", file=sys.stderr)
        return 2
    except OSError as error:  # a full disk, a folder without permission
        where = f"{error.filename}: " if error.filename else ""
        print(f"tui-vae-train: error: {where}{error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        what = "the same command goes on from the last save" if words[:1] == ["fit"] else "nothing is left half-written"
        print(f"\ntui-vae-train: interrupted; {what}", file=sys.stderr)
        return 130
    except SystemExit as leaving:  # tyro has printed help
        return leaving.code if isinstance(leaving.code, int) else 2
    return 0


def _run(words: list[str]) -> None:
    from train import usage

    # The overridable settings start from the named preset, so that is read before the rest can be parsed.
    preset = next((word for word in words[1:2] if words[0] == "fit" and not word.startswith("-")), None)
    base = configs.load(preset) if preset else None
    commands: dict[str, Callable[..., None]] = {
        "prepare": prepare,
        "convert": convert,
        "fit": fit.command(base),
        "watch": watch,
        "export": export,
        "evaluate": evaluate,
        "disentangle": disentangle,
        "edits": edits,
        "presets": presets,
    }
    about = "Train VAEs for the explorer: images -> prepare -> fit -> export -> one checkpoint file."
    usage.parse(commands, _joined(words) or ["--help"], about)()


def _joined(words: list[str]) -> list[str]:
    """``--data A --data B`` as ``--data A B``: tyro would keep the last one only, without a word."""
    rest: list[str] = []
    data: list[str] = []
    place, taking = -1, False
    for word in words:
        if word == "--data" or word.startswith("--data="):
            place = len(rest) if place < 0 else place
            data += [word.removeprefix("--data=")] if "=" in word else []
            taking = "=" not in word
        elif taking and not word.startswith("-"):
            data.append(word)
        else:
            taking = False
            rest.append(word)
    return rest if place < 0 else [*rest[:place], "--data", *data, *rest[place:]]
