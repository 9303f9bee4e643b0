"""Where images come from: a folder, an archive, an array, one picture, or a set that is known by a word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from train.data.sources.arrays import NPY, Arrays
from train.data.sources.celeba import WithCelebaLists
from train.data.sources.folder import Folder, OneFile
from train.data.sources.listing import Listing, Source, is_image
from train.data.sources.tarred import Tar, compression
from train.data.sources.zipped import Zip
from tui_vae.errors import UserError

__all__ = ["Listing", "Source", "SourceOptions", "open_source"]

FORMS = "a folder, .zip, .tar (.gz, .bz2, .xz), .npz, .npy or an image"


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What only sets known by a word need.

    ``mirror`` is the address to fetch them from instead of their own; ``checksums`` are words ``FILE=SUM`` for files
    that are other there, or ``none`` alone.
    """

    mirror: str | None = None
    checksums: tuple[str, ...] = ()


def _flowers(options: SourceOptions) -> Source:
    from train.data.flowers import open_flowers

    return open_flowers(options.mirror, options.checksums)


# Sets known by a word: what makes a source of it.
WORDS: dict[str, Callable[[SourceOptions], Source]] = {"flowers": _flowers}


def open_source(source: str | Path, options: SourceOptions | None = None) -> Source:
    """The source that a person means by a path or, where no such path is there, by a word.

    What a file is, its content tells, not its suffix; but for ``.npz``, which is a ``.zip`` by its content.

    Raises:
        UserError: neither, or not readable.
    """
    path, options = Path(source), options or SourceOptions()
    if not path.exists() and str(source) in WORDS:
        return WORDS[str(source)](options)
    if options != SourceOptions():
        words = ", ".join(sorted(WORDS))
        raise UserError(f"--mirror and --checksums: only for sets known by a word ({words}), not for {source}")
    if path.is_dir():
        return WithCelebaLists(Folder(path))
    if not path.is_file():
        raise UserError(f"{source}: no such folder or archive, and no set of that name ({', '.join(sorted(WORDS))})")
    try:
        with path.open("rb") as stream:
            head = stream.read(512)
    except OSError as error:
        raise UserError(f"{path}: cannot read: {error.strerror}") from error
    if head.startswith(NPY) or path.suffix.lower() == ".npz":
        return Arrays(path)
    if compression(head) is not None:
        return Tar(path)
    if is_image(path.name):
        return OneFile(path)
    if head.startswith(b"PK"):
        return WithCelebaLists(Zip(path))
    raise UserError(f"{path}: neither a folder nor a readable archive or picture; expected {FORMS}")
