"""``export``: from a run to a checkpoint."""

from __future__ import annotations

from pathlib import Path


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
