"""``evaluate``: figures of a checkpoint on held-out images, each with its sample count."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np

from train.codec import Codec
from train.data.pixels import Preprocessing
from train.data.prepare import prepare
from train.data.prepared import MANIFEST, SHEET, Prepared, open_all, open_by_name
from train.data.split import HeldOut
from train.evaluation import generation, reconstruction
from tui_vae import paths
from tui_vae.errors import UserError
from tui_vae.model import checkpoint as checkpoints
from tui_vae.model.checkpoint import Checkpoint, printable

Part = Literal["train", "validation", "test", "all"]

# The key under which the figures that belong to no single set stand; no folder may take it.
JOINT = "all sets"


def evaluate(
    checkpoint: str,
    sources: Sequence[Path],
    split: Part = "test",
    *,
    frechet: bool = True,
    sheets: Path | None = None,
) -> dict[str, Any]:
    """Figures of one checkpoint, by the name of each set; under ``"all sets"`` those of its samples.

    A source is a prepared folder, or any folder or archive of images: that is prepared first, to a temporary folder
    and with the checkpoint's own preprocessing. ``split`` "all" measures every image of the sets, for images that the
    model was not trained on; samples are then left out. ``sheets`` is a folder for pictures that hold real images.

    Raises:
        UserError: images of another size than the checkpoint's, or none in the split.
    """
    make_folder(sheets)
    made = checkpoints.read(paths.find_checkpoint(checkpoint))
    with prepared(made, sources, split) as folders:
        result = measure(made, folders, split, frechet=frechet, sheets=sheets)
        for name in open_by_name(folders):
            if name not in result:
                raise UserError(f"{name}: no image is in the {split} split (--split all measures every image)")
    return result


def measure(
    made: Checkpoint,
    folders: Sequence[Path],
    split: Part = "test",
    *,
    frechet: bool = True,
    sheets: Path | None = None,
    codec: Codec | None = None,
) -> dict[str, Any]:
    """The same of a checkpoint in memory and of prepared folders; a set without images in the split is left out.

    ``codec`` is that of the checkpoint, where it is compiled already.
    """
    sets = open_by_name(list(folders))
    if JOINT in sets:
        raise UserError(f"a folder named {JOINT!r} would hide the figures of all sets together; rename it")
    for name, data in sets.items():
        _check(made, name, data)
    codec = codec or Codec.of(made.architecture, made.parameters)
    result: dict[str, Any] = {}
    for name, data in sets.items():
        rows = np.arange(len(data.names)) if split == "all" else data.rows(split)
        if len(rows):
            result[name] = reconstruction.figures(codec, data, rows, split)
    if split == "all":
        result[JOINT] = {"left_out": "samples: --split all leaves no images that were held out"}
    else:
        data = open_all(list(folders))
        result[JOINT] = generation.figures(made, codec, data, split, frechet=frechet, sheets=sheets)
    return result


@contextmanager
def prepared(made: Checkpoint, sources: Sequence[Path], split: Part = "test") -> Iterator[list[Path]]:
    """Prepared folders of all ``sources``; those that were made for this are gone at the end.

    Raises:
        UserError: among others, where the split of a source cannot be known to be the one of the training.
    """
    if not sources:
        raise UserError("--data needs at least one prepared folder, or a folder or archive of images")
    with tempfile.TemporaryDirectory(prefix="tui-vae-") as scratch:
        folders = []
        for number, source in enumerate(sources):
            if source.is_dir() and (source / MANIFEST).exists():
                folders.append(source)
                continue
            if split != "all":
                _check_split(made, source)
            folder = Path(scratch, str(number), source.name.split(".")[0] or "images")
            said = io.StringIO()
            with redirect_stdout(said):
                prepare(source, folder, preprocessing_of(made))
            # Where it lies is nobody's business, since it will be gone.
            lines = [line for line in said.getvalue().splitlines() if not line.startswith(str(folder / SHEET))]
            print("\n".join(lines).replace(str(folder), str(source)))
            folders.append(folder)
        yield folders


def _check_split(made: Checkpoint, source: Path) -> None:
    """A source is split by the usual rule; a model that was trained by another has seen images of that test split."""
    about = made.about.get("dataset", {})
    sets = about.get("sets", {}) if isinstance(about, dict) else {}
    usual = asdict(HeldOut())
    for name, item in sets.items() if isinstance(sets, dict) else ():
        if item.get("identities") or item.get("splits", "hash") != "hash" or item.get("held_out", usual) != usual:
            raise UserError(
                f"{source}: {made.name} was trained on {printable(str(name))} with a split of its own; give the "
                "prepared folders of its training, or --split all for images that it has never seen"
            )


def make_folder(sheets: Path | None) -> None:
    """The folder for pictures, made before the work and not after it.

    Raises:
        UserError: it cannot be made.
    """
    try:
        if sheets:
            sheets.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--sheets {sheets}: cannot be a folder for pictures: {error.strerror}") from error


def preprocessing_of(made: Checkpoint) -> Preprocessing:
    """What a new image must go through to become the checkpoint's input.

    Raises:
        UserError: the checkpoint takes images that are not square, or notes what this program does not know.
    """
    height, width, channels = made.architecture.input
    if height != width:
        raise UserError(f"{made.name}: takes {height}x{width} images; only square ones can be prepared on the way")
    return Preprocessing.from_dict(made.preprocessing | {"size": height, "channels": channels})


def _check(made: Checkpoint, name: str, data: Prepared) -> None:
    if data.shape != made.architecture.input:
        raise UserError(
            f"{name}: images are {data.shape}, but checkpoint {made.name!r} takes {made.architecture.input}"
        )
