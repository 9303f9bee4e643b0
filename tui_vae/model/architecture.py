"""The architecture of a VAE, convolutional or fully connected, as data, with its shapes worked out in plain arithmetic.

Nothing here needs JAX, so that a checkpoint can be validated and described before any accelerator is touched.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from tui_vae.errors import UserError

Shape = tuple[int, ...]
Activation = Literal["silu", "gelu", "relu"]
Output = Literal["linear", "sigmoid"]

MAX_SIDE = 1024
MAX_LATENT = 4096
MAX_CHANNELS = 4096
MAX_KERNEL = 15
MAX_STRIDE = 8
MAX_BLOCKS = 16
MAX_DENSE = 8
MAX_UNITS = 65_536
MAX_PARAMETERS = 2**30

_FIELDS = ("name", "input", "latent", "encode", "decode", "dense", "activation", "output")


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
    to the latent, ``decode`` from the latent to the image (absent: ``encode`` mirrored). ``dense`` holds the widths of
    fully connected layers between the encoder's last level and the latent, mirrored in the decoder; with no levels at
    all they make a plain MLP. ``output`` is what the decoder ends in: "linear" or "sigmoid".

    Raises:
        UserError: from :meth:`from_dict` and :meth:`from_file`, naming the layer at fault.
    """

    name: str
    input: tuple[int, int, int]
    latent: int
    encode: tuple[Layer, ...]
    decode: tuple[Layer, ...]
    dense: tuple[int, ...] = ()
    activation: Activation = "silu"
    output: Output = "linear"

    def __post_init__(self) -> None:
        _check(self)

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Architecture:
        """Read the form that TOML, JSON and checkpoints carry; a layer is a table or [channels, kernel, ...]."""
        if not isinstance(table, Mapping):
            raise UserError("architecture: must be a table of fields")
        unknown = sorted(set(map(str, table)) - set(_FIELDS))
        if unknown:
            raise UserError(f"architecture: unknown field {unknown[0]!r}; known are {', '.join(_FIELDS)}")
        for field in ("input", "latent"):
            if field not in table:
                raise UserError(f"architecture: field {field!r} is missing")
        size = table["input"]
        if not isinstance(size, Sequence) or isinstance(size, str) or len(size) != 3:
            raise UserError(f"architecture: input must be [height, width, channels], not {size!r}")
        dense = table.get("dense", ())
        if not isinstance(dense, Sequence) or isinstance(dense, str):
            raise UserError(f"architecture: dense must be a list of widths, not {dense!r}")
        if "encode" not in table and not dense:
            raise UserError("architecture: field 'encode' is missing (or 'dense', for a plain MLP)")
        encode = _layers("encode", table.get("encode", ()))
        given = table.get("decode")
        return cls(
            name=str(table.get("name", "unnamed")),
            input=(_int("input height", size[0]), _int("input width", size[1]), _int("input channels", size[2])),
            latent=_int("latent", table["latent"]),
            encode=encode,
            decode=tuple(reversed(encode)) if given is None else _layers("decode", given),
            dense=tuple(_int(f"dense[{index}]", width) for index, width in enumerate(dense)),
            activation=table.get("activation", "silu"),
            output=table.get("output", "linear"),
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

        table: dict[str, Any] = {
            "name": self.name,
            "input": list(self.input),
            "latent": self.latent,
            "encode": plain(self.encode),
            "decode": plain(self.decode),
        }
        # The usual values are left out: files without these fields hold the same architecture.
        if self.dense:
            table["dense"] = list(self.dense)
        if self.activation != "silu":
            table["activation"] = self.activation
        if self.output != "linear":
            table["output"] = self.output
        return table

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
        width = _chain(shapes, "encoder/dense", math.prod(self.encoder_shapes()[-1]), self.dense)
        _linear(shapes, "encoder/mean", width, self.latent)
        _linear(shapes, "encoder/log_variance", width, self.latent)
        steps = self.decoder_shapes()
        width = _chain(shapes, "decoder/dense", self.latent, self.dense[::-1])
        _linear(shapes, "decoder/stem", width, math.prod(steps[0]))
        for index, layer in enumerate(self.decode):
            prefix = f"decoder/layers/{index}"
            _blocks(shapes, prefix, layer)
            _conv(shapes, f"{prefix}/conv", layer.kernel, layer.channels, steps[index + 1][2] * layer.stride**2)
        return shapes

    def activation_count(self) -> int:
        """Numbers that one image leaves behind on its way through both networks: what the backward pass needs."""
        count = sum(self.dense) * 2 + self.latent * 3
        for shapes, layers in ((self.encoder_shapes(), self.encode), (self.decoder_shapes()[::-1], self.decode[::-1])):
            count += math.prod(shapes[0])
            # The decoder's blocks run before it grows: at the shape below, as in the encoder.
            for shape, layer in zip(shapes[1:], layers, strict=True):
                count += math.prod(shape) * (2 + 4 * layer.blocks)
        return count

    def parameter_count(self, side: str = "") -> int:
        """Number of weights, of both networks or of one ``side`` ("encoder" or "decoder")."""
        return sum(math.prod(shape) for name, shape in self.parameter_shapes().items() if name.startswith(side))


def _conv(shapes: dict[str, Shape], name: str, kernel: int, inside: int, outside: int) -> None:
    shapes[f"{name}/kernel"] = (kernel, kernel, inside, outside)
    shapes[f"{name}/bias"] = (outside,)


def _linear(shapes: dict[str, Shape], name: str, inside: int, outside: int) -> None:
    shapes[f"{name}/kernel"] = (inside, outside)
    shapes[f"{name}/bias"] = (outside,)


def _chain(shapes: dict[str, Shape], prefix: str, inside: int, widths: Sequence[int]) -> int:
    for index, width in enumerate(widths):
        _linear(shapes, f"{prefix}/{index}", inside, width)
        inside = width
    return inside


def _blocks(shapes: dict[str, Shape], prefix: str, layer: Layer) -> None:
    for block in range(layer.blocks):
        for conv in ("first", "second"):
            _conv(shapes, f"{prefix}/blocks/{block}/{conv}", layer.kernel, layer.channels, layer.channels)


def _int(what: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise UserError(f"architecture: {what} must be a whole number, not {value!r}")
    return value


def _layers(side: str, entries: Any) -> tuple[Layer, ...]:
    if not isinstance(entries, Sequence) or isinstance(entries, str):
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
        if not layers and not arch.dense:
            raise UserError(f"architecture: {side} needs at least one layer (or dense ones, for a plain MLP)")
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
    _within("dense layers", len(arch.dense), 0, MAX_DENSE)
    for index, units in enumerate(arch.dense):
        _within(f"dense[{index}]", units, 1, MAX_UNITS)
    for field, choices in (("activation", get_args(Activation)), ("output", get_args(Output))):
        if getattr(arch, field) not in choices:
            raise UserError(f"architecture: {field} is {getattr(arch, field)!r}; known are {', '.join(choices)}")
    height, width = arch.input[:2]
    for index in reversed(range(len(arch.decode))):
        stride = arch.decode[index].stride
        if height % stride or width % stride:
            raise UserError(f"architecture: decode[{index}]: stride {stride} cannot lead to {height}x{width}")
        height, width = height // stride, width // stride
    if arch.parameter_count() > MAX_PARAMETERS:
        raise UserError(f"architecture: {arch.parameter_count():,} weights; at most {MAX_PARAMETERS:,} are supported")
