"""``prepare``: from images to a prepared folder."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def prepare(
    source: str,
    /,
    output: Path,
    size: int,
    channels: Literal[1, 3] = 3,
    crop: tuple[int, int, int, int] | None = None,
    fit: Literal["crop", "pad", "stretch"] = "crop",
    background: str = "black",
    chain: Literal["enhance", "justcrop"] | None = None,
    attributes: Path | None = None,
    derive: tuple[str, ...] = (),
    identities: Path | None = None,
    test: float = 1 / 16,
    validation: float = 1 / 16,
    splits: Literal["hash", "own"] = "hash",
    mirror: str | None = None,
    checksums: tuple[str, ...] = (),
    force: bool = False,
) -> None:
    """Read images once - a folder of any depth, an archive, an array - and write what training maps into memory.

    Args:
        source: Folder, .zip, .tar (.gz, .bz2, .xz), .npz, .npy; or a word: flowers (Oxford Flowers 102, is downloaded).
        output: Folder to write: images.npy, manifest.json, sheet.png.
        size: Side of the square images in pixels.
        channels: 3 for RGB, 1 for grey.
        crop: LEFT TOP RIGHT BOTTOM of a box to cut out first, in pixels of the source images.
        fit: What becomes of pictures that are not square: cut to the centre square, padded with background, stretched.
        background: Colour under transparency and in the padding: a name or #RRGGBB.
        chain: Steps before the last resize. enhance: resize 384, crop 320, blur 1, gamma 1.6, brightness 0.7,
            saturation 1.5, autocontrast, sharpness 4, resize 256, crop 256. justcrop: the centre square.
        attributes: Labels of the items: a CSV file (first column the item's name), or a list in CelebA's form.
        derive: Yes-or-no labels made of those: "NAME = COLUMN: VALUE | VALUE*", such as "glasses = accessories: *".
        identities: CSV whose first column is an item's name and whose *_id column names the same photo elsewhere; the
            held-out split goes by that name.
        test: Share of the items in the test split, chosen by a hash of the name.
        validation: Share of the items in the validation split.
        splits: "own": the split that the set itself brings, in place of the shares.
        mirror: Address to download a set that is named by a word from, instead of its own site.
        checksums: FILE=SUM (MD5 or SHA-256) of what a mirror has in place of the set's own files; none: compare none.
        force: Build again although it is there; replaces prepared folders only.
    """
    from train.data import chains
    from train.data.derived import Derived
    from train.data.pixels import Preprocessing, colour
    from train.data.prepare import About
    from train.data.prepare import prepare as run
    from train.data.sources import SourceOptions
    from train.data.split import HeldOut

    steps = chains.named(chain) if chain else ()
    options = Preprocessing(size, channels, crop, fit, colour(background), steps)
    about = About(identities, attributes, HeldOut(test, validation), splits == "own", tuple(map(Derived.parse, derive)))
    run(source, output, options, force=force, about=about, source_options=SourceOptions(mirror, checksums))
