"""The commands of ``tui-vae-train``. A command loads JAX when it runs, not to print its help."""

from __future__ import annotations

import dataclasses
import io
import os
import sys
from collections.abc import Callable, Sequence
from json import dumps
from pathlib import Path
from typing import Literal

from train import config as configs
from train.config import FitConfig, Objective, Optimizer, Run
from tui_vae.errors import UserError

EXTRA = "pip install 'tui-vae[train]'"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0, 2 for bad input, 130 when interrupted."""
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
    except OSError as error:  # a full disk, a folder without permission
        where = f"{error.filename}: " if error.filename else ""
        print(f"tui-vae-train: error: {where}{error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ntui-vae-train: interrupted (fit goes on from its last save)", file=sys.stderr)
        return 130
    except SystemExit as leaving:  # tyro: help, or an argument that it has explained
        return leaving.code if isinstance(leaving.code, int) else 2
    return 0


def _run(words: list[str]) -> None:
    import tyro

    # The overridable settings start from the named preset, so that is read before the rest can be parsed.
    preset = next((word for word in words[1:2] if words[0] == "fit" and not word.startswith("-")), None)
    base = configs.load(preset) if preset else None
    commands: dict[str, Callable[..., None]] = {
        "prepare": prepare,
        "fit": _fit(base),
        "export": export,
        "evaluate": evaluate,
        "presets": presets,
    }
    tyro.extras.subcommand_cli_from_dict(
        commands,
        prog="tui-vae-train",
        description="Train VAEs for the explorer: images -> prepare -> fit -> export -> one checkpoint file.",
        args=_joined(words) or ["--help"],
    )


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


def prepare(
    source: Path,
    /,
    output: Path,
    size: int,
    channels: Literal[1, 3] = 3,
    crop: tuple[int, int, int, int] | None = None,
    identities: Path | None = None,
    force: bool = False,
) -> None:
    """Read a folder (any depth) or a .zip of images once, and write the array that training maps into memory.

    Args:
        source: Folder or .zip archive.
        output: Folder to write: images.npy, manifest.json, sheet.png.
        size: Side of the square images in pixels.
        channels: 3 for RGB, 1 for grey.
        crop: LEFT TOP RIGHT BOTTOM of a box to cut out first, in pixels of the source images.
        identities: CSV whose first column is an item's name and whose *_id column names the same photo elsewhere; the
            held-out split goes by that name.
        force: Build again although it is there; replaces prepared folders only.
    """
    from train.data.pixels import Preprocessing
    from train.data.prepare import prepare as run

    run(source, output, Preprocessing(size, channels, crop), identities, force)


def _fit(base: FitConfig | None) -> Callable[..., None]:
    start = base or FitConfig(configs.load("tiny").architecture)

    def fit(
        preset: str,
        /,
        data: list[Path],
        output: Path,
        objective: Objective = start.objective,
        optimizer: Optimizer = start.optimizer,
        run: Run = start.run,
    ) -> None:
        """Train on prepared folders, going on from the newest save where there is one.

        Args:
            preset: Name of a preset (see: presets) or a TOML file of that form.
            data: One or more folders that prepare wrote.
            output: Folder of the run.
            objective: What is minimised.
            optimizer: How.
            run: How long, how often, from which seed.
        """
        if base is None:  # the settings' defaults are the preset's, so that it must be known first
            raise UserError(f"fit: name the preset first: fit {preset} --data FOLDER --output RUN")
        from train.devices import use_cpu_cores

        use_cpu_cores()
        from train.fit import fit as start_fitting

        config = dataclasses.replace(base, objective=objective, optimizer=optimizer, run=run)
        start_fitting(config, data, output)

    return fit


def export(
    run: Path,
    /,
    output: Path,
    name: str | None = None,
    attributes: Path | None = None,
    atlas_size: int = 20_480,
    licence: str = "unstated",
    force: bool = False,
) -> None:
    """Write a run's averaged weights, its atlas and its axes as one checkpoint file, and a model card beside it.

    Args:
        run: Folder that fit wrote.
        output: The checkpoint: FILE.safetensors; the card is FILE.md.
        name: The model's name (default: the preset's).
        attributes: Attribute list in CelebA's form, for labelled directions.
        atlas_size: Training items in the atlas.
        licence: What the card says of the data's licence.
        force: Replace output.
    """
    from train.export import export as write

    write(run, output, name=name, attributes=attributes, atlas_size=atlas_size, licence=licence, force=force)


def evaluate(
    checkpoint: str,
    /,
    data: list[Path],
    split: Literal["train", "validation", "test"] = "test",
    json: Path | None = None,
) -> None:
    """Measure a checkpoint's reconstructions on held-out images.

    Args:
        checkpoint: Name or path.
        data: One or more folders that prepare wrote.
        split: Which part of them.
        json: Write the figures to this file as well.
    """
    from train.evaluate import evaluate as measure
    from train.evaluate import report

    figures = measure(checkpoint, data, split)
    print(report(figures))
    if json is not None:
        json.write_text(dumps(figures, indent=2) + "\n", encoding="utf-8")


def presets() -> None:
    """List the configurations that ship with the trainer."""
    for name in configs.presets():
        print(f"{name:<12} {configs.describe(name)}")
