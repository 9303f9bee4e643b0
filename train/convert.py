"""``convert``: the pixels that ``prepare`` would use, as image files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from PIL import Image

from train.data.pixels import Preprocessing, read_picture, reason
from train.data.reading import each, shown, skips, why_skipped
from train.data.sources import SourceOptions, open_source
from train.data.sources.folder import OneFile
from train.data.sources.listing import Content, Listing, is_image
from tui_vae.errors import UserError
from tui_vae.files import whole_file

Format = Literal["png", "jpg", "webp"]
# Pillow's name and settings: JPEG and WebP near what is seen without a difference.
FORMATS: Mapping[Format, tuple[str, Mapping[str, Any]]] = {
    "png": ("PNG", {}),
    "jpg": ("JPEG", {"quality": 95, "subsampling": 0}),
    "webp": ("WEBP", {"quality": 95, "method": 4}),
}
_SUFFIXES: Mapping[str, Format] = {".png": "png", ".jpg": "jpg", ".jpeg": "jpg", ".webp": "webp"}


@dataclass(frozen=True, slots=True)
class Converted:
    """What was done: files ``written`` by item, ``renamed`` items with their new name, ``skipped`` ones with why."""

    written: dict[str, Path]
    renamed: dict[str, str]
    skipped: dict[str, str]
    others: int


class _WriteError(Exception):
    """The output cannot be written, which is no fault of the item's."""


def convert(
    source: str | Path,
    output: Path,
    options: Preprocessing,
    form: Format | None = None,
    force: bool = False,
    source_options: SourceOptions | None = None,
) -> Converted:
    """Write every image of ``source`` below the folder ``output``, names and folders kept but for the suffix.

    One picture may be given an ``output`` with an image suffix: it is then that file, and the suffix tells the format
    (else PNG). Where two items would get one name, in whatever case of letters, the later gets a number. Each file is
    written whole or not at all; unreadable items are reported and no reason to stop.

    Raises:
        UserError: nothing in the source, a file that is there already (without ``force``), no place to write.
    """
    opened = open_source(source, source_options)
    listing = opened.listing()
    if not listing.names:
        raise UserError(f"{source}: no images in it ({listing.others} other files)")
    single = isinstance(opened, OneFile) and output.suffix.lower() in _SUFFIXES and not output.is_dir()
    if single and form not in (None, _SUFFIXES[output.suffix.lower()]):
        raise UserError(f"{output}: the name says another format than --format {form}")
    chosen = (_SUFFIXES[output.suffix.lower()] if single else None) or form or "png"
    targets, renamed = (
        ({listing.names[0]: output}, {}) if single else _placed(targets_of(listing.names, chosen), output)
    )
    _check_places(source, output, targets, force)

    def work(name: str, content: Content, suffix: str) -> Path:
        picture = read_picture(content, options, suffix)
        try:
            _write(picture, targets[name], chosen)
        except UserError as error:
            raise _WriteError(str(error)) from error
        return targets[name]

    for note in listing.notes:
        print(note)
    written: dict[str, Path] = {}
    failed: dict[str, Exception] = {}
    for name, result in each(opened, listing, work):
        if isinstance(result, _WriteError):
            raise UserError(f"{result} ({len(written):,} images were written before)")
        if isinstance(result, Exception):
            failed[name] = result
        else:
            written[name] = result
    if not written:
        name, error = next(iter(failed.items()))
        raise UserError(
            f"{source}: none of its {len(listing.names)} image files can be read "
            f"({shown(name)}: {shown(reason(error))})"
        )
    renamed = {name: new for name, new in renamed.items() if name in written}
    done = Converted(written, renamed, why_skipped(listing, failed), listing.others)
    _report(output, chosen, done, listing)
    return done


def targets_of(names: Sequence[str], form: Format) -> tuple[dict[str, str], set[str]]:
    """Item name -> name in the output, different in more than the case of letters; and the items that got a number.

    Only the suffix of an image changes: ``a.b.jpg`` becomes ``a.b.png``. Of items that would get one name
    the one that has it keeps it, else the first; the others get ``-2`` and so on, around names that need no number.
    """
    plain = {name: (str(PurePosixPath(name).with_suffix("")) if is_image(name) else name) for name in names}
    # Folders of the output are taken, too: "a.png" may be one.
    folders = {str(folder).casefold() for name in names for folder in PurePosixPath(name).parents}
    natural = {f"{stem}.{form}".casefold() for stem in plain.values()}
    taken = set(folders)
    targets, numbered = {}, set()
    for name, stem in sorted(plain.items(), key=lambda item: item[0] != f"{item[1]}.{form}"):
        target, number = f"{stem}.{form}", 1
        while (key := target.casefold()) in taken or (number > 1 and key in natural):
            number += 1
            target = f"{stem}-{number}.{form}"
        if number > 1:
            numbered.add(name)
        taken.add(key)
        targets[name] = target
    return targets, numbered


def _placed(named: tuple[dict[str, str], set[str]], output: Path) -> tuple[dict[str, Path], dict[str, str]]:
    targets, numbered = named
    return {name: output / target for name, target in targets.items()}, {name: targets[name] for name in numbered}


def _check_places(source: str | Path, output: Path, targets: Mapping[str, Path], force: bool) -> None:
    origin, place = Path(source).resolve(), output.resolve()
    if origin == place or (origin.is_dir() and origin in place.parents):
        raise UserError(f"{output}: lies inside of what is converted; choose another place")
    if output.exists() and not output.is_dir() and list(targets.values()) != [output]:
        raise UserError(f"{output}: is a file, but the output must be a folder")
    there = [target for target in targets.values() if target.exists() or target.is_symlink()]
    if there and not force:
        more = f" and {len(there) - 1:,} more" if len(there) > 1 else ""
        raise UserError(f"{shown(str(there[0]))}{more}: there already; --force writes over them")
    if folder := next((target for target in there if target.is_dir()), None):
        raise UserError(f"{shown(str(folder))}: a folder of that name is in the way")


def _write(picture: Image.Image, target: Path, form: Format) -> None:
    name, settings = FORMATS[form]
    picture.info.clear()  # a colour profile, say, that was of the pixels before
    with whole_file(target, make_folder=True) as scratch:
        picture.save(scratch, name, **settings)


def _report(output: Path, form: Format, done: Converted, listing: Listing) -> None:
    for line in skips(done.skipped):
        print(line)
    for name in sorted(done.renamed):
        print(f"{shown(name)}: written as {shown(done.renamed[name])}, for another item has its name")
    print(f"{output}: {len(done.written):,} of {len(listing.names):,} images written as {form},", end=" ")
    print(f"{len(done.skipped):,} unreadable, {done.others:,} other files passed over")
