"""The checkpoint: one safetensors file that holds a model and all that an explorer wants to know of it.

Reading needs NumPy alone. Everything in the file is checked against its architecture before it is used, and what is
wrong with a file is said in one line. ``docs/checkpoint-format.md`` describes the format.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from tui_vae.errors import UserError
from tui_vae.files import whole_file
from tui_vae.model import labels as labelling
from tui_vae.model.architecture import Architecture, Shape
from tui_vae.model.frame import Frame
from tui_vae.model.labels import Label

FORMAT = 1
HEADER = "tui_vae"
MAX_ITEMS = 10_000_000
MAX_LABELS = 4096

Floats = npt.NDArray[np.float32]

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def printable(text: str) -> str:
    """The text without control characters: a name from a file must not speak to the terminal."""
    return _UNPRINTABLE.sub("\ufffd", text)


@dataclass(frozen=True)
class Attribute:
    """A labelled direction: its ``name`` and how well it tells held-out items apart (``auc``, over ``count`` items).

    ``removed`` names the correlated attributes whose directions were projected out of it. Of a number ``r2`` is how
    well it is told (coefficient of determination on the same items), and ``auc`` is for values above the median.
    """

    name: str
    auc: float
    count: int
    removed: tuple[str, ...] = ()
    r2: float | None = None

    @property
    def score(self) -> str:
        """The figure that says most, with its name: ``AUC 0.86``, or of a number ``R² 0.72``."""
        return f"AUC {self.auc:.2f}" if self.r2 is None else f"R² {self.r2:.2f}"


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint in memory, as plain arrays.

    With L latents, N atlas items, A attributes and images of (H, W, C):
    ``parameters`` maps weight names to float32 arrays; ``latents`` (N, L) are posterior means of the items ``names``;
    ``pca_mean`` (L,), ``pca_vectors`` (L, L) with orthonormal rows, most important first, and ``pca_scales`` (L,), the
    standard deviations along them; ``raw_scales`` and ``raw_kl`` (L,) the standard deviation and mean KL in nats of
    each raw dimension; ``attribute_vectors`` (A, L) unit directions in whitened PCA coordinates; ``preview`` (H, W, C)
    uint8 the decoded mean. ``preprocessing`` is what a new photo must go through; ``about`` is free: training, metrics,
    dataset, licence, versions. ``cluster`` (N,) int32 is each atlas item's row of ``centroids`` (C, L), which are
    points in latent space; both are empty where there are no clusters. ``labels`` are columns of N values each.
    ``frame`` is where the eyes are in the images, where that is known.
    """

    architecture: Architecture
    parameters: dict[str, Floats]
    latents: Floats
    names: tuple[str, ...]
    pca_mean: Floats
    pca_vectors: Floats
    pca_scales: Floats
    raw_scales: Floats
    raw_kl: Floats
    attribute_vectors: Floats
    attributes: tuple[Attribute, ...]
    preview: npt.NDArray[np.uint8]
    preprocessing: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    cluster: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    centroids: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    labels: tuple[Label, ...] = ()
    frame: Frame | None = None

    @property
    def name(self) -> str:
        """The model's own name."""
        return self.architecture.name

    def fingerprint(self) -> str:
        """Eight hexadecimal digits that tell this decoder from any other."""
        digest = hashlib.sha256(json.dumps(self.architecture.to_dict()).encode())
        for name in self.architecture.parameter_shapes():
            if name.startswith("decoder/"):
                digest.update(self.parameters[name].astype(np.float16).tobytes())
        return digest.hexdigest()[:8]


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Write the file whole or not at all. Weights go to float16, atlas latents to 8 bits per number.

    An 8-bit step is 1/254 of a dimension's range: less than the posterior's own uncertainty.
    """
    arch = checkpoint.architecture
    codes, origin, step = _in_8_bits(checkpoint.latents)
    tensors: dict[str, npt.NDArray[Any]] = {
        **{name: checkpoint.parameters[name].astype(np.float16) for name in arch.parameter_shapes()},
        "atlas/latents": codes,
        "atlas/origin": origin,
        "atlas/step": step,
        "axes/pca/mean": checkpoint.pca_mean,
        "axes/pca/vectors": checkpoint.pca_vectors,
        "axes/pca/scales": checkpoint.pca_scales,
        "axes/raw/scales": checkpoint.raw_scales,
        "axes/raw/kl": checkpoint.raw_kl,
        "preview": checkpoint.preview,
    }
    if checkpoint.attributes:
        tensors["axes/attributes/vectors"] = checkpoint.attribute_vectors
    if len(checkpoint.cluster) or len(checkpoint.centroids):
        _check_clusters(path, checkpoint.cluster, len(checkpoint.centroids))
        small = np.int16 if len(checkpoint.centroids) < 2**15 else np.int32
        tensors |= {"atlas/cluster": checkpoint.cluster.astype(small), "atlas/centroids": checkpoint.centroids}
    header = {
        "format": FORMAT,
        "architecture": arch.to_dict() | {"name": printable(arch.name)},
        "preprocessing": checkpoint.preprocessing,
        "names": [printable(name) for name in checkpoint.names],
        "attributes": [
            {key: value for key, value in vars(attribute).items() if value not in ((), None)}
            for attribute in checkpoint.attributes
        ],
        "about": checkpoint.about,
    }
    if checkpoint.labels:
        header["labels"] = [labelling.to_header(label) for label in checkpoint.labels]
        _labels(path, header)
    if checkpoint.frame:
        header["frame"] = checkpoint.frame.to_dict()
    _check_tensors(path, arch, header, {name: (str(t.dtype), t.shape) for name, t in tensors.items()}, _NUMPY_TYPES)
    _check_finite(path, tensors)
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    text = printable(json.dumps(header, separators=(",", ":"), ensure_ascii=False))
    with whole_file(path, make_folder=True) as scratch:
        scratch.write_bytes(save(contiguous, {HEADER: text}))


def _in_8_bits(latents: Floats) -> tuple[npt.NDArray[np.int8], Floats, Floats]:
    """``latents`` (N, L) as codes (N, L) with an origin and a step (L,) each: ``codes * step + origin``.

    What was in 8 bits before comes back to the bit where there are hundreds of items: a copy with other bits would be
    another model to whoever has its tag.
    """
    low, high = latents.min(axis=0), latents.max(axis=0)
    usual = np.maximum((high - low) / 254, 1e-8).astype(np.float32)
    origin, step = ((low + high) / 2).astype(np.float32), usual
    # An item whose code was 0 is the origin that it was written with; the step was rounded.
    before = np.take_along_axis(latents, np.abs(latents - origin).argmin(axis=0)[None], axis=0)[0]
    for tried in (usual, np.nextafter(usual, 0), np.nextafter(usual, np.inf)):
        same = (np.rint((latents - before) / tried) * tried + before == latents).all(axis=0)
        origin, step = np.where(same, before, origin), np.where(same, tried, step)
    return np.clip(np.rint((latents - origin) / step), -127, 127).astype(np.int8), origin, step


def read(path: Path) -> Checkpoint:
    """Read and validate a checkpoint.

    Raises:
        UserError: the file is missing, damaged, of a newer format, or its parts do not fit its architecture.
    """
    try:
        if path.is_dir():
            raise UserError(f"{path}: a folder, not a checkpoint file")
        with safe_open(str(path), framework="numpy") as file:
            header = _header(path, file.metadata())
            arch = _architecture(path, header)
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
            table = {name: (part.get_dtype(), tuple(part.get_shape())) for name, part in slices.items()}
            _check_tensors(path, arch, header, table, _FILE_TYPES)
            tensors: dict[str, npt.NDArray[Any]] = {name: file.get_tensor(name) for name in table}
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such checkpoint file") from error
    except (OSError, SafetensorError) as error:
        raise UserError(f"{path}: not a readable checkpoint: {error}") from error
    _check_finite(path, tensors)
    floats = {name: tensor.astype(np.float32) for name, tensor in tensors.items() if tensor.dtype != np.uint8}
    latents = floats["atlas/latents"]
    if tensors["atlas/latents"].dtype == np.int8:
        with np.errstate(over="ignore", invalid="ignore"):
            latents = latents * floats["atlas/step"] + floats["atlas/origin"]
        _check_finite(path, {"atlas/latents": latents})
    _check_axes(path, floats)
    cluster = tensors.get("atlas/cluster", np.zeros(0, np.int32)).astype(np.int32)
    centroids = floats.get("atlas/centroids", np.zeros((0, arch.latent), np.float32))
    _check_clusters(path, cluster, len(centroids))
    return Checkpoint(
        architecture=arch,
        parameters={name: floats[name] for name in arch.parameter_shapes()},
        latents=latents,
        names=tuple(map(printable, header["names"])),
        pca_mean=floats["axes/pca/mean"],
        pca_vectors=floats["axes/pca/vectors"],
        pca_scales=floats["axes/pca/scales"],
        raw_scales=floats["axes/raw/scales"],
        raw_kl=floats["axes/raw/kl"],
        attribute_vectors=floats.get("axes/attributes/vectors", np.zeros((0, arch.latent), np.float32)),
        attributes=_attributes(path, header),
        preview=tensors["preview"],
        preprocessing=header.get("preprocessing", {}),
        about=header.get("about", {}),
        cluster=cluster,
        centroids=centroids,
        labels=_labels(path, header),
        frame=_frame(path, header),
    )


_NUMPY_TYPES = {
    **{"F16": ("float16",), "F32": ("float32",), "U8": ("uint8",)},
    **{"LATENT": ("int8", "float16"), "INDEX": ("int16", "int32")},
}
_FILE_TYPES = {
    **{"F16": ("F16", "F32"), "F32": ("F16", "F32"), "U8": ("U8",)},
    **{"LATENT": ("I8", "F16", "F32"), "INDEX": ("I16", "I32")},
}


def _header(path: Path, metadata: Mapping[str, str] | None) -> dict[str, Any]:
    try:
        header = json.loads((metadata or {})[HEADER])
    except KeyError as error:
        raise UserError(f"{path}: a safetensors file, but not of tui-vae (no {HEADER!r} entry)") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: the {HEADER!r} entry is not valid JSON: {error}") from error
    if not isinstance(header, dict) or not isinstance(header.get("format"), int):
        raise UserError(f"{path}: the {HEADER!r} entry has no format version")
    if header["format"] != FORMAT:
        raise UserError(f"{path}: checkpoint format {header['format']}; this program reads format {FORMAT}, update it")
    names = header.get("names")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or len(names) > MAX_ITEMS:
        raise UserError(f"{path}: names must be a list of at most {MAX_ITEMS:,} strings")
    for part in ("preprocessing", "about"):
        if not isinstance(header.get(part, {}), dict):
            raise UserError(f"{path}: {part} must be a table")
    return header


def _architecture(path: Path, header: Mapping[str, Any]) -> Architecture:
    table = header.get("architecture")
    if not isinstance(table, dict):
        raise UserError(f"{path}: the architecture is missing")
    try:
        return Architecture.from_dict(table | {"name": printable(str(table.get("name", "unnamed")))})
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def _attributes(path: Path, header: Mapping[str, Any]) -> tuple[Attribute, ...]:
    try:
        return tuple(
            Attribute(
                printable(str(item["name"])),
                float(item["auc"]),
                int(item["count"]),
                tuple(printable(str(name)) for name in _list(item.get("removed", []))),
                None if item.get("r2") is None else float(item["r2"]),
            )
            for item in header["attributes"]
        )
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise UserError(f"{path}: an attribute needs name, auc and count") from error


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _labels(path: Path, header: Mapping[str, Any]) -> tuple[Label, ...]:
    tables = header.get("labels", [])
    if not isinstance(tables, list) or len(tables) > MAX_LABELS:
        raise UserError(f"{path}: labels must be a list of at most {MAX_LABELS:,} tables")
    try:
        return tuple(labelling.from_header(table, len(header["names"]), printable) for table in tables)
    except ValueError as error:
        raise UserError(f"{path}: {error}") from error


def _frame(path: Path, header: Mapping[str, Any]) -> Frame | None:
    table = header.get("frame")
    if table is None:
        return None
    try:
        return Frame.from_dict(table)
    except ValueError as error:
        raise UserError(f"{path}: {error}") from error


def _check_clusters(path: Path, cluster: npt.NDArray[np.int32], count: int) -> None:
    if len(cluster) and not (cluster.min() >= 0 and cluster.max() < count):
        raise UserError(f"{path}: tensor 'atlas/cluster' names a cluster that is not one of the {count} centroids")


def _check_finite(path: Path, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
    for name, tensor in tensors.items():
        if tensor.dtype.kind == "f" and not np.isfinite(tensor).all():
            raise UserError(f"{path}: tensor {name!r} holds numbers that are not finite")


def _check_axes(path: Path, floats: Mapping[str, Floats]) -> None:
    """Axes must be what the bars take them for: an orthonormal basis, unit directions, scales that are lengths."""
    vectors = floats["axes/pca/vectors"]
    # Two probes instead of the whole product: V^T V x = x for every x only if the rows are orthonormal.
    probes = np.random.default_rng(0).standard_normal((len(vectors), 2)).astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        error = np.abs(vectors.T @ (vectors @ probes) - probes).max()
        lengths = np.linalg.norm(floats.get("axes/attributes/vectors", vectors[:1]), axis=1)
    if not error < 0.05:
        raise UserError(f"{path}: the PCA vectors are not orthonormal")
    if not np.abs(lengths - 1).max() < 0.05:
        raise UserError(f"{path}: the attribute vectors are not of unit length")
    for name in ("axes/pca/scales", "axes/raw/scales"):
        if (floats[name] < 0).any():
            raise UserError(f"{path}: tensor {name!r} holds negative lengths")


def _check_tensors(
    path: Path,
    arch: Architecture,
    header: Mapping[str, Any],
    table: Mapping[str, tuple[str, Shape]],
    types: Mapping[str, tuple[str, ...]],
) -> None:
    """Every tensor that must be there is, with its type and shape, and nothing else is."""
    size, count = arch.latent, len(header["names"])
    wanted: dict[str, tuple[str, Shape]] = {name: ("F16", shape) for name, shape in arch.parameter_shapes().items()}
    wanted |= {
        "atlas/latents": ("LATENT", (count, size)),
        "axes/pca/mean": ("F32", (size,)),
        "axes/pca/vectors": ("F32", (size, size)),
        "axes/pca/scales": ("F32", (size,)),
        "axes/raw/scales": ("F32", (size,)),
        "axes/raw/kl": ("F32", (size,)),
        "preview": ("U8", arch.input),
    }
    if table.get("atlas/latents", ("",))[0] in ("I8", "int8"):
        wanted |= {"atlas/origin": ("F32", (size,)), "atlas/step": ("F32", (size,))}
    attributes = header.get("attributes", [])
    if not isinstance(attributes, list):
        raise UserError(f"{path}: attributes must be a list")
    if attributes:
        wanted["axes/attributes/vectors"] = ("F32", (len(attributes), size))
    if {"atlas/cluster", "atlas/centroids"} & set(table):
        shape = table.get("atlas/centroids", ("", (0,)))[1]
        if not shape or not shape[0]:  # the tensor is empty, or missing, which is said below
            shape = (1,)
        wanted |= {"atlas/cluster": ("INDEX", (count,)), "atlas/centroids": ("F32", (shape[0], size))}
    for name, (kind, shape) in wanted.items():
        if name not in table:
            raise UserError(f"{path}: tensor {name!r} is missing")
        if table[name][1] != shape:
            raise UserError(f"{path}: tensor {name!r} has shape {table[name][1]}, not {shape}")
        if table[name][0] not in types[kind]:
            raise UserError(f"{path}: tensor {name!r} is of type {table[name][0]}, not {' or '.join(types[kind])}")
    if unknown := sorted(set(table) - set(wanted)):
        raise UserError(f"{path}: unknown tensor {unknown[0]!r}")
    if count == 0:
        raise UserError(f"{path}: the atlas is empty")
