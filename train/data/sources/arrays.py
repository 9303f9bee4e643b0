"""Images in a NumPy file: .npy, or .npz with one array of images and any number of labels. Never a pickle.

The array is (N, H, W), (N, H, W, C) or (N, C, H, W), or one image (H, W, C); C is 1, 2 (grey and alpha), 3 or 4. Other
arrays of the .npz that hold one value per image are its labels. Items are named by their number: 000000, 000001, ...
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from train.data.labels import Column, Table, typed
from train.data.pixels import RefusedError
from train.data.sources.listing import MAX_FILE_BYTES, Listing, Load, fingerprint
from tui_vae.errors import UserError, one_line
from tui_vae.progress import Progress

NPY = b"\x93NUMPY"
CHUNK_BYTES = 2**24
MAX_LABEL_BYTES = 2**28
_DAMAGE = (OSError, ValueError, EOFError, zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error)
_Array = npt.NDArray[Any]
_Header = tuple[tuple[int, ...], bool, np.dtype[Any]]  # shape, column-major, dtype


@dataclass(frozen=True, slots=True)
class Layout:
    """How an array holds images: ``count`` of them, each (height, width, channels) or with the channels first."""

    count: int
    height: int
    width: int
    channels: int
    channels_first: bool = False

    def rows(self, values: _Array) -> _Array:
        """Any number of images as they lie -> (n, height, width, channels)."""
        if self.channels_first:
            return values.reshape(-1, self.channels, self.height, self.width).transpose(0, 2, 3, 1)
        return values.reshape(-1, self.height, self.width, self.channels)


def layout(shape: Sequence[int]) -> Layout | None:
    """What images an array of this shape holds; None where it holds none.

    Channels are the last axis where that can be (1 to 4), else the second.
    """
    match list(shape):
        case [height, width, 3 | 4 as channels]:
            found = Layout(1, height, width, channels)
        case [count, height, width]:
            found = Layout(count, height, width, 1)
        case [count, height, width, 1 | 2 | 3 | 4 as channels]:
            found = Layout(count, height, width, channels)
        case [count, 1 | 2 | 3 | 4 as channels, height, width]:
            found = Layout(count, height, width, channels, channels_first=True)
        case _:
            return None
    return found if min(found.count, found.height, found.width) > 0 else None


def value_range(low: float, high: float) -> tuple[float, float] | None:
    """Which values are black and white in an array whose values lie in [low, high]; None where that cannot be told.

    The smallest usual range that holds them all: 0..1, -1..1, 0..255, 0..65535 (whole and positive numbers above 255).
    """
    for black, white in ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0), (0.0, 65535.0)):
        slack = (white - black) * 1e-3  # rounding of who made them
        if black - slack <= low and high <= white + slack:
            return black, white
    return None


class Arrays:
    """A .npy or .npz file, read in place, some megabytes at a time.

    Raises:
        UserError: damaged, no array of images in it or several, or values of a range that is not known.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.title = path.resolve().name
        try:
            self._zip = None if path.suffix.lower() != ".npz" else zipfile.ZipFile(path)
            self._member, (shape, self._column_major, self._dtype) = self._find()
        except _DAMAGE as error:
            raise UserError(f"{path}: not a readable .npy or .npz file: {one_line(error)}") from error
        found = layout(shape)
        if found is None or self._dtype.kind not in "buif":
            raise UserError(
                f"{path}: an array of {self._dtype}, shape {shape}; "
                "expected numbers of shape (N, H, W), (N, H, W, C) or (N, C, H, W)"
            )
        self._layout = found
        self._row = found.height * found.width * found.channels
        if self._row * self._dtype.itemsize > MAX_FILE_BYTES:
            raise UserError(f"{path}: images of {self._row:,} values are too large")
        self._range: tuple[float, float] | None = None

    def listing(self) -> Listing:
        """Go through all values to learn their range, which the notes tell."""
        low, high, seen = math.inf, -math.inf, 0
        try:
            with Progress("images looked at", self._layout.count) as progress:
                for chunk in self._chunks():
                    finite = chunk[np.isfinite(chunk)] if chunk.dtype.kind == "f" else chunk
                    if finite.size:
                        low, high = min(low, float(finite.min())), max(high, float(finite.max()))
                    seen += len(chunk)
                    progress.advance(len(chunk))
            labels = self._labels()
        except _DAMAGE as error:
            raise UserError(f"{self.path}: damaged: {one_line(error)}") from error
        if seen < self._layout.count:
            raise UserError(f"{self.path}: holds {seen:,} images, but says {self._layout.count:,}; is it cut?")
        self._range = value_range(low, high)
        if self._dtype.kind == "f" and high > 255.3:
            self._range = None
        if self._range is None:
            raise UserError(
                f"{self.path}: values from {low:g} to {high:g}; "
                "expected 0 to 1, -1 to 1, 0 to 255, or whole numbers to 65535"
            )
        black, white = self._range
        what = self._layout
        order = "channels first" if what.channels_first else "channels last"
        note = (
            f"{self.title}: {what.count:,} images {what.height}x{what.width}x{what.channels} ({order}), {self._dtype}, "
            f"values {low:g} to {high:g}: {black:g} is taken for black, {white:g} for white"
        )
        names = self._names()
        return Listing(names, 0, self._fingerprint(), {}, Table(names, labels) if labels else None, None, (note,))

    def stream(self, names: Sequence[str]) -> Iterator[tuple[str, Load]]:
        """Each image as uint8 (H, W, C)."""
        if self._range is None:
            self.listing()
        wanted, place = set(names), 0
        for chunk in self._chunks():
            for row in self._layout.rows(chunk):
                name = self._name(place)
                place += 1
                if name in wanted:
                    yield name, partial(self._as_pixels, row)

    def _as_pixels(self, row: _Array) -> npt.NDArray[np.uint8]:
        assert self._range is not None
        black, white = self._range
        if (black, white) == (0.0, 255.0) and row.dtype == np.uint8:
            return np.array(row, np.uint8)
        values = row.astype(np.float64)
        if not np.isfinite(values).all():
            raise RefusedError("holds values that are not finite")
        return (np.clip((values - black) / (white - black), 0, 1) * 255).round().astype(np.uint8)

    def _name(self, place: int) -> str:
        return f"{place:0{max(6, len(str(self._layout.count - 1)))}d}"

    def _names(self) -> tuple[str, ...]:
        return tuple(map(self._name, range(self._layout.count)))

    def _fingerprint(self) -> str:
        if self._zip is not None:
            return fingerprint((item.filename, f"{item.file_size}:{item.CRC:08x}") for item in self._zip.infolist())
        status = self.path.stat()
        return fingerprint([(self.title, f"{status.st_size}:{status.st_mtime_ns}")])

    def _open(self, member: str | None) -> IO[bytes]:
        return self.path.open("rb") if self._zip is None or member is None else self._zip.open(member)

    def _find(self) -> tuple[str | None, _Header]:
        """The array of images and its header; where there is none, any array, to be named in the complaint."""
        if self._zip is None:
            with self.path.open("rb") as stream:
                return None, _header(stream)
        headers = self._headers()
        images = {name: header for name, header in headers.items() if layout(header[0]) and header[2].kind in "buif"}
        if len(images) > 1:
            raise UserError(f"{self.path}: several arrays could be the images: {', '.join(images)}; keep one")
        if not headers:
            raise ValueError("no arrays in it")
        return next(iter((images or headers).items()))

    def _headers(self) -> dict[str, _Header]:
        assert self._zip is not None
        headers = {}
        for item in self._zip.infolist():
            if item.filename.endswith(".npy"):
                with self._zip.open(item) as stream:
                    headers[item.filename] = _header(stream)
        return headers

    def _chunks(self) -> Iterator[_Array]:
        """The images as they lie, (n, values of one image), some megabytes at a time."""
        step = max(1, CHUNK_BYTES // (self._row * self._dtype.itemsize))
        if self._column_major or self._zip is None:
            whole = self._whole().reshape(self._layout.count, -1) if self._column_major else self._mapped()
            for first in range(0, self._layout.count, step):
                yield np.array(whole[first : first + step])  # off the disk here, where damage can be told
            return
        with self._open(self._member) as stream:
            _header(stream)
            left = self._layout.count
            while left:
                count = min(step, left)
                data = stream.read(count * self._row * self._dtype.itemsize)
                full = len(data) // (self._row * self._dtype.itemsize)
                yield np.frombuffer(data, self._dtype, full * self._row).reshape(full, self._row)
                left = left - count if full == count else 0
            stream.read(1)  # at its end a .zip checks the checksum

    def _mapped(self) -> _Array:
        mapped = np.load(self.path, mmap_mode="r", allow_pickle=False)
        return np.reshape(mapped, (self._layout.count, self._row))

    def _whole(self) -> _Array:
        """An array of column-major order, all of it in memory."""
        with self._open(self._member) as stream:
            return np.asarray(np.lib.format.read_array(stream, allow_pickle=False))

    def _labels(self) -> tuple[Column, ...]:
        if self._zip is None:
            return ()
        columns = []
        for member, (shape, _, dtype) in self._headers().items():
            if shape != (self._layout.count,) or dtype.kind not in "buifSU":
                continue
            if shape[0] * dtype.itemsize > MAX_LABEL_BYTES:
                raise ValueError(f"{member} is too large for labels")
            with self._open(member) as stream:
                values = np.lib.format.read_array(stream, allow_pickle=False)
            texts = (
                value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                for value in values.tolist()
            )
            columns.append(typed(member.removesuffix(".npy"), list(texts)))
        return tuple(columns)


def _header(stream: IO[bytes]) -> _Header:
    try:
        version = np.lib.format.read_magic(stream)
        readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        shape, column_major, dtype = readers[version](stream)
    except Exception as error:  # a damaged one raises what it likes, even from tokenize
        raise ValueError(f"its header cannot be read: {one_line(error)}") from error
    if any(length < 0 for length in shape):
        raise ValueError(f"shape {shape}")
    return shape, column_major, dtype
