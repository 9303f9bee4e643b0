"""``export``: from a run to a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def export(
    source: str,
    /,
    output: Path,
    data: tuple[Path, ...] = (),
    name: str | None = None,
    weights: Literal["best", "last"] = "best",
    attributes: Path | None = None,
    atlas_size: int = 20_480,
    clusters: int = 49,
    sheets: Path | None = None,
    label_kb: int = 256,
    frechet: bool = True,
    licence: str = "unstated",
    force: bool = False,
    frame: tuple[float, float, float] | None = None,
) -> None:
    """Write weights, an atlas, axes and clusters as one checkpoint file, and a model card with figures beside it.

    Args:
        source: Folder that fit wrote; or a checkpoint (name or path), whose weights then get a new atlas for --data.
        output: The checkpoint: FILE.safetensors; the card is FILE.md.
        data: Prepared folders to encode (default: those that the run was trained on).
        name: The model's name (default: the preset's, or the checkpoint's).
        weights: Of a run: those that validated best, or the last.
        attributes: Labels for directions, in place of those of the data: a CSV file, or a list in CelebA's form.
        atlas_size: Training items in the atlas.
        clusters: Clusters of the training items; fewer where these are few.
        sheets: Folder for pictures of the clusters and of samples beside their nearest training images. They hold
            images of the data.
        label_kb: Room for the labels of the atlas items in the file, in kB.
        frechet: Measure Frechet distances for the card (up to two minutes).
        licence: What the card says of the data's licence.
        force: Replace output.
        frame: CENTRE EYE_LINE EYE_DISTANCE of the faces, in fractions of width, height and width: what photos are
            aligned to (default: as in the bundled faces).
    """
    from train.exporting.export import Options
    from train.exporting.export import export as write

    options = Options(name, weights, attributes, atlas_size, clusters, sheets, label_kb, frechet, licence, force, frame)
    write(source, output, data, options)
