"""The architecture of a convolutional VAE as data, with its shapes worked out in plain arithmetic.

Nothing here needs JAX, so that a checkpoint can be validated and described before any accelerator is touched.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui_vae.errors import UserError

Shape = tuple[int, ...]

MAX_SIDE = 1024
MAX_LATENT = 4096
MAX_CHANNELS = 4096
MAX_KERNEL = 15
MAX_STRIDE = 8
MAX_BLOCKS = 16
MAX_PARAMETERS = 2**30


@dataclass(frozen=True, slots=True)
class Layer:
    """One level of a network.

    In the encoder: a convolution that divides height and width by ``stride``, then ``blocks`` residual blocks. In the
    decoder, read the other way: ``blocks`` residual blocks at ``channels``, then a convolution and depth-to-space that
    multiply height and width by ``stride`` and lead to the next level's channels.
    """

    channels: int
    kernel: int = 3
    stride: int = 2
    blocks: int = 0


@dataclass(frozen=True, slots=True)
class Architecture:
    """A VAE's shape: enough to build, check and describe both networks.

    ``input`` is (height, width, channels); ``latent`` the number of latent dimensions; ``encode`` runs from the image
    to the latent, ``decode`` from the latent to the image (absent: ``encode`` mirrored).

    Raises:
        UserError: from :meth:`from_dict` and :meth:`from_file`, naming the layer at fault.
    """

    name: str
    input: tuple[int, int, int]
    latent: int
    encode: tuple[Layer, ...]
    decode: tuple[Layer, ...]

    def __post_init__(self) -> None:
        _check(self)

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Architecture:
        """Read the form that TOML, JSON and checkpoints carry; a layer is a table or [channels, kernel, ...]."""
        if not isinstance(table, Mapping):
            raise UserError("architecture: must be a table of fields")
        unknown = sorted(set(map(str, table)) - {"name", "input", "latent", "encode", "decode"})
        if unknown:
            raise UserError(
                f"architecture: unknown field {unknown[0]!r}; known are name, input, latent, encode, decode"
            )
        for field in ("input", "latent", "encode"):
            if field not in table:
                raise UserError(f"architecture: field {field!r} is missing")
        size = table["input"]
        if not isinstance(size, Sequence) or isinstance(size, str) or len(size) != 3:
            raise UserError(f"architecture: input must be [height, width, channels], not {size!r}")
        encode = _layers("encode", table["encode"])
        given = table.get("decode")
        return cls(
            name=str(table.get("name", "unnamed")),
            input=(_int("input height", size[0]), _int("input width", size[1]), _int("input channels", size[2])),
            latent=_int("latent", table["latent"]),
            encode=encode,
            decode=tuple(reversed(encode)) if given is None else _layers("decode", given),
        )

    @classmethod
    def from_file(cls, path: Path) -> Architecture:
        """Read a ``.toml`` or ``.json`` file; in TOML the fields may stand in an ``[architecture]`` table."""
        try:
            text = path.read_text(encoding="utf-8")
            table = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        except OSError as error:
            raise UserError(f"{path}: cannot read the architecture: {error.strerror}") from error
        except ValueError as error:
            raise UserError(f"{path}: not a valid architecture file: {error}") from error
        if not isinstance(table, dict):
            raise UserError(f"{path}: an architecture file holds a table of fields")
        return cls.from_dict(table.get("architecture", table))

    def to_dict(self) -> dict[str, Any]:
        """The plain form that :meth:`from_dict` reads back to an equal architecture."""

        def plain(layers: tuple[Layer, ...]) -> list[list[int]]:
            return [[layer.channels, layer.kernel, layer.stride, layer.blocks] for layer in layers]

        return {
            "name": self.name,
            "input": list(self.input),
            "latent": self.latent,
            "encode": plain(self.encode),
            "decode": plain(self.decode),
        }

    def encoder_shapes(self) -> list[tuple[int, int, int]]:
        """(height, width, channels) of the image and then after each ``encode`` level."""
        height, width, channels = self.input
        shapes = [(height, width, channels)]
        for layer in self.encode:
            height, width = height // layer.stride, width // layer.stride
            shapes.append((height, width, layer.channels))
        return shapes

    def decoder_shapes(self) -> list[tuple[int, int, int]]:
        """(height, width, channels) of the decoder's stem and then after each level; the last is the image."""
        grow = math.prod(layer.stride for layer in self.decode)
        height, width = self.input[0] // grow, self.input[1] // grow
        channels = [layer.channels for layer in self.decode] + [self.input[2]]
        shapes = [(height, width, channels[0])]
        for layer, following in zip(self.decode, channels[1:], strict=True):
            height, width = height * layer.stride, width * layer.stride
            shapes.append((height, width, following))
        return shapes

    def parameter_shapes(self) -> dict[str, Shape]:
        """Every weight's name and shape, in order, exactly as the networks and the checkpoint hold them."""
        shapes: dict[str, Shape] = {}
        below = self.input[2]
        for index, layer in enumerate(self.encode):
            prefix = f"encoder/layers/{index}"
            _conv(shapes, f"{prefix}/conv", layer.kernel, below, layer.channels)
            _blocks(shapes, prefix, layer)
            below = layer.channels
        bottom = math.prod(self.encoder_shapes()[-1])
        _linear(shapes, "encoder/mean", bottom, self.latent)
        _linear(shapes, "encoder/log_variance", bottom, self.latent)
        steps = self.decoder_shapes()
        _linear(shapes, "decoder/stem", self.latent, math.prod(steps[0]))
        for index, layer in enumerate(self.decode):
            prefix = f"decoder/layers/{index}"
            _blocks(shapes, prefix, layer)
            _conv(shapes, f"{prefix}/conv", layer.kernel, layer.channels, steps[index + 1][2] * layer.stride**2)
        return shapes

    def parameter_count(self, side: str = "") -> int:
        """Number of weights, of both networks or of one ``side`` ("encoder" or "decoder")."""
        return sum(math.prod(shape) for name, shape in self.parameter_shapes().items() if name.startswith(side))


def _conv(shapes: dict[str, Shape], name: str, kernel: int, inside: int, outside: int) -> None:
    shapes[f"{name}/kernel"] = (kernel, kernel, inside, outside)
    shapes[f"{name}/bias"] = (outside,)


def _linear(shapes: dict[str, Shape], name: str, inside: int, outside: int) -> None:
    shapes[f"{name}/kernel"] = (inside, outside)
    shapes[f"{name}/bias"] = (outside,)


def _blocks(shapes: dict[str, Shape], prefix: str, layer: Layer) -> None:
    for block in range(layer.blocks):
        for conv in ("first", "second"):
            _conv(shapes, f"{prefix}/blocks/{block}/{conv}", layer.kernel, layer.channels, layer.channels)


def _int(what: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise UserError(f"architecture: {what} must be a whole number, not {value!r}")
    return value


def _layers(side: str, entries: Any) -> tuple[Layer, ...]:
    if not isinstance(entries, Sequence) or isinstance(entries, str) or not entries:
        raise UserError(f"architecture: {side} must be a list of layers")
    return tuple(_layer(f"{side}[{index}]", entry) for index, entry in enumerate(entries))


def _layer(where: str, entry: Any) -> Layer:
    fields = ("channels", "kernel", "stride", "blocks")
    if isinstance(entry, Mapping):
        unknown = sorted(set(map(str, entry)) - set(fields))
        if unknown or "channels" not in entry:
            raise UserError(f"architecture: {where}: a layer has channels, kernel, stride and blocks, not {entry!r}")
        given = {field: _int(f"{where} {field}", entry[field]) for field in fields if field in entry}
    elif isinstance(entry, Sequence) and not isinstance(entry, str) and 1 <= len(entry) <= 4:
        given = {field: _int(f"{where} {field}", value) for field, value in zip(fields, entry, strict=False)}
    else:
        raise UserError(f"architecture: {where}: a layer is [channels, kernel, stride, blocks], not {entry!r}")
    return Layer(**given)


def _within(what: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise UserError(f"architecture: {what} is {value}; it must be from {low} to {high}")


def _check(arch: Architecture) -> None:
    height, width, channels = arch.input
    _within("input height", height, 4, MAX_SIDE)
    _within("input width", width, 4, MAX_SIDE)
    if channels not in (1, 3):
        raise UserError(f"architecture: input has {channels} channels; 1 (grey) and 3 (RGB) are known")
    _within("latent", arch.latent, 1, MAX_LATENT)
    for side, layers in (("encode", arch.encode), ("decode", arch.decode)):
        if not layers:
            raise UserError(f"architecture: {side} needs at least one layer")
        for index, layer in enumerate(layers):
            where = f"{side}[{index}]"
            _within(f"{where} channels", layer.channels, 1, MAX_CHANNELS)
            _within(f"{where} kernel", layer.kernel, 1, MAX_KERNEL)
            _within(f"{where} stride", layer.stride, 1, MAX_STRIDE)
            _within(f"{where} blocks", layer.blocks, 0, MAX_BLOCKS)
    for index, layer in enumerate(arch.encode):
        if height % layer.stride or width % layer.stride:
            raise UserError(f"architecture: encode[{index}]: stride {layer.stride} does not divide {height}x{width}")
        height, width = height // layer.stride, width // layer.stride
    height, width = arch.input[:2]
    for index in reversed(range(len(arch.decode))):
        stride = arch.decode[index].stride
        if height % stride or width % stride:
            raise UserError(f"architecture: decode[{index}]: stride {stride} cannot lead to {height}x{width}")
        height, width = height // stride, width // stride
    if arch.parameter_count() > MAX_PARAMETERS:
        raise UserError(f"architecture: {arch.parameter_count():,} weights; at most {MAX_PARAMETERS:,} are supported")
