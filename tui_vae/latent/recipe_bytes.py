"""A recipe in bytes, and back. Bytes are untrusted: every length is checked before it is used."""

from __future__ import annotations

import math
import struct
import zlib

import numpy as np

from tui_vae.latent.draws import Source
from tui_vae.latent.recipe import (
    MAX_DEPTH,
    MAX_EDITS,
    MAX_LOCKS,
    Average,
    Base,
    Draw,
    Edit,
    Exact,
    Invert,
    Item,
    Leap,
    Locked,
    Mix,
    Move,
    Recipe,
    RecipeError,
    Vary,
)

VERSION = 1
MAX_BYTES = 1_000_000
MAX_LATENT = 65_536
MAX_SEED = 2**64
AXES = ("PCA", "raw", "attributes")

_MILLION = 10**6
_PRIOR, _SPREAD, _TRUNCATED, _ATLAS = 1, 2, 4, 8
_FLAGS = frozenset(source | more for source in (0, _PRIOR, _ATLAS) for more in range(0, _ATLAS, _SPREAD))
_AVERAGE, _DRAW, _ITEM, _EXACT, _LERP, _SLERP = range(6)
_INVERT, _VARY, _LEAP = range(len(AXES), len(AXES) + 3)  # a move is the number of its axes
_LOCKS = 128  # added to an edit with locks


def encode(recipe: Recipe) -> bytes:
    """The recipe in bytes, beginning with the format's version.

    Raises:
        RecipeError: it holds what has no place in bytes, such as axes that are not the model's own.
    """
    return bytes([VERSION]) + _recipe(recipe)


def decode(data: bytes) -> Recipe:
    """The recipe of some bytes.

    Raises:
        RecipeError: they are none, or of a newer version.
    """
    if len(data) > MAX_BYTES:
        raise RecipeError("the token is too long")
    if data[:1] != bytes([VERSION]):
        raise RecipeError("the token is of a newer version of this program: update it")
    reader = _Reader(data[1:])
    recipe = reader.recipe(0)
    if not reader.at_end:
        raise _nonsense()
    return recipe


def _recipe(recipe: Recipe) -> bytes:
    return _base(recipe.base) + _varint(len(recipe.edits)) + b"".join(map(_edit, recipe.edits))


def _base(base: Base) -> bytes:
    match base:
        case Average():
            return bytes([_AVERAGE])
        case Draw(seed, spread, source, truncation):
            flags = _PRIOR * (source == "prior") | _ATLAS * (source == "atlas")
            flags |= _SPREAD * (spread != 1) | _TRUNCATED * (truncation is not None)
            more = b"" if spread == 1 else _number(spread)
            return bytes([_DRAW, flags]) + _seed(seed) + more + (b"" if truncation is None else _number(truncation))
        case Item(index):
            return bytes([_ITEM]) + _varint(index)
        case Exact(data):
            planes = np.frombuffer(data, np.uint8).reshape(-1, 4).T.tobytes()  # signs and exponents repeat
            packed = min(planes, zlib.compress(planes, 9), key=len)  # at a draw as it is: the length tells which
            return bytes([_EXACT]) + _varint(len(data) // 4) + _varint(len(packed)) + packed
        case Mix(start, end, position, way):
            kind = _LERP if way == "lerp" else _SLERP
            return bytes([kind]) + _number(position) + _recipe(start) + _recipe(end)


def _edit(edit: Edit) -> bytes:
    match edit:
        case Move(axes, bar, sigma, locks):
            return _begun(_axes(axes), locks) + _varint(bar) + _number(sigma)
        case Invert():
            return bytes([_INVERT])
        case Vary(seed, size, locks):
            return _begun(_VARY, locks) + _seed(seed) + _number(size)
        case Leap(draw, locks):
            return _begun(_LEAP, locks) + _base(draw)


def _begun(kind: int, locks: Locked) -> bytes:
    if not locks:
        return bytes([kind])
    if len(locks) > MAX_LOCKS:
        raise RecipeError(f"more than {MAX_LOCKS} bars are locked")
    bars = b"".join(bytes([_axes(axes)]) + _varint(bar) for axes, bar in locks)
    return bytes([_LOCKS | kind, len(locks)]) + bars


def _axes(name: str) -> int:
    if name not in AXES:
        raise RecipeError(f"{name} bars are not the model's own")
    return AXES.index(name)


def _seed(seed: int) -> bytes:
    if not 0 <= seed < MAX_SEED:
        raise RecipeError(f"seeds run from 0 to {MAX_SEED - 1}")
    return _varint(seed)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _number(value: float) -> bytes:
    """Any float, exactly: whole millionths in few bytes, others as 0 and a double."""
    millionths = round(value * _MILLION) if abs(value) < _MILLION else 0
    if millionths / _MILLION != value or (value == 0 and math.copysign(1, value) < 0):
        return b"\0" + struct.pack("<d", value)
    return _varint(1 + (2 * millionths if millionths >= 0 else -2 * millionths - 1))


def _nonsense() -> RecipeError:
    return RecipeError("the token is damaged: it makes no sense")


class _Reader:
    """Takes a recipe apart, byte by byte."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    @property
    def at_end(self) -> bool:
        return self._place == len(self._data)

    def recipe(self, depth: int) -> Recipe:
        if depth > MAX_DEPTH:
            raise _nonsense()
        base = self._base(depth)
        count = self._varint()
        if count > MAX_EDITS:
            raise _nonsense()
        return Recipe(base, tuple(self._edit() for _ in range(count)))

    def _base(self, depth: int) -> Base:
        kind = self._take(1)[0]
        if kind == _AVERAGE:
            return Average()
        if kind == _DRAW:
            return self._draw()
        if kind == _ITEM:
            return Item(self._varint())
        if kind == _EXACT:
            return self._exact()
        if kind not in (_LERP, _SLERP):
            raise _nonsense()
        position = self._number()
        start = self.recipe(depth + 1)
        return Mix(start, self.recipe(depth + 1), position, "lerp" if kind == _LERP else "slerp")

    def _draw(self) -> Draw:
        flags = self._take(1)[0]
        if flags not in _FLAGS:
            raise _nonsense()
        seed = self._varint()
        spread = self._number() if flags & _SPREAD else 1.0
        truncation = self._number() if flags & _TRUNCATED else None
        source: Source = "prior" if flags & _PRIOR else "atlas" if flags & _ATLAS else "posterior"
        return Draw(seed, spread, source, truncation)

    def _exact(self) -> Exact:
        size = 4 * self._varint()
        if not 0 < size <= 4 * MAX_LATENT:
            raise _nonsense()
        planes = self._take(self._varint())
        if len(planes) != size:
            try:
                planes = zlib.decompressobj().decompress(planes, size + 1)
            except zlib.error:
                raise _nonsense() from None
            if len(planes) != size:
                raise _nonsense()
        return Exact(np.frombuffer(planes, np.uint8).reshape(4, -1).T.tobytes())

    def _edit(self) -> Edit:
        kind = self._take(1)[0]
        locks = self._locks() if kind & _LOCKS else ()
        kind &= ~_LOCKS
        if kind < len(AXES):
            return Move(AXES[kind], self._varint(), self._number(), locks)
        if kind == _INVERT and not locks:
            return Invert()
        if kind == _VARY:
            return Vary(self._varint(), self._number(), locks)
        if kind != _LEAP or self._take(1)[0] != _DRAW:
            raise _nonsense()
        return Leap(self._draw(), locks)

    def _locks(self) -> Locked:
        count = self._take(1)[0]
        if not 0 < count <= MAX_LOCKS:
            raise _nonsense()
        return tuple((self._axes(), self._varint()) for _ in range(count))

    def _axes(self) -> str:
        kind = self._take(1)[0]
        if kind >= len(AXES):
            raise _nonsense()
        return AXES[kind]

    def _take(self, count: int) -> bytes:
        end = self._place + count
        if end > len(self._data):
            raise _nonsense()
        part = self._data[self._place : end]
        self._place = end
        return part

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._take(1)[0]
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise _nonsense()

    def _number(self) -> float:
        code = self._varint() - 1
        if code < 0:
            value: float = struct.unpack("<d", self._take(8))[0]
        else:
            value = (-(code + 1) // 2 if code % 2 else code // 2) / _MILLION
        if not math.isfinite(value):
            raise _nonsense()
        return value
