"""A damaged checkpoint is refused in one line, whatever the damage."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save_file

from tests.conftest import ITEMS, LATENT
from tui_vae.errors import UserError
from tui_vae.model import checkpoint as checkpoints
from tui_vae.model.checkpoint import Checkpoint

fuzz = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

Tensors = dict[str, Any]
Header = dict[str, Any]


def refuse(path: Path) -> str:
    """What the reader says is wrong, without the path."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserError) as caught:
            checkpoints.read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


# Files that are no checkpoints.


def test_a_missing_file(tmp_path: Path) -> None:
    assert refuse(tmp_path / "none.safetensors") == "no such checkpoint file"


def test_a_folder(tmp_path: Path) -> None:
    assert refuse(tmp_path) == "a folder, not a checkpoint file"


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    assert "not a readable checkpoint" in refuse(tmp_path / ("a" * 5000))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"hello, world",
        b"\xff" * 64,
        bytes(8),
        (2**40).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"[]",
        (8).to_bytes(8, "little") + b"\xff" * 8,
        b"PK\x03\x04" + bytes(100),
        b"\x80\x04\x95 pickle",
    ],
)
def test_a_file_of_another_kind(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    assert refuse(path).startswith("not a readable checkpoint: ")


@pytest.mark.parametrize("metadata", [None, {}, {"format": "pt"}])
def test_a_foreign_safetensors_file(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    path = tmp_path / "a.safetensors"
    save_file({"weight": np.zeros(3, np.float32)}, path, metadata)
    assert refuse(path) == "a safetensors file, but not of tui-vae (no 'tui_vae' entry)"


def test_a_file_cut_short_anywhere(tiny_path: Path, tmp_path: Path) -> None:
    whole = tiny_path.read_bytes()
    header = 8 + int.from_bytes(whole[:8], "little")
    path = tmp_path / "cut.safetensors"
    places = {*range(0, 40), *range(40, len(whole), 97), header - 1, header, header + 1, len(whole) - 1}
    for place in sorted(places):
        path.write_bytes(whole[:place])
        assert refuse(path).startswith("not a readable checkpoint: "), place


def test_a_file_with_something_after_its_end(tiny_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "long.safetensors"
    path.write_bytes(tiny_path.read_bytes() + b"more")
    assert refuse(path).startswith("not a readable checkpoint: ")


@fuzz
@given(data=st.data())
def test_any_flipped_byte_of_the_header(tiny_path: Path, tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(tiny_path.read_bytes())
    size = 8 + int.from_bytes(content[:8], "little")
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, size - 1))] = data.draw(st.integers(0, 255))
    read_or_refuse(tmp_path, bytes(content))


@fuzz
@given(data=st.data())
def test_any_flipped_byte_of_the_tensors(tiny_path: Path, tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(tiny_path.read_bytes())
    size = 8 + int.from_bytes(content[:8], "little")
    for _ in range(data.draw(st.integers(1, 40))):
        content[data.draw(st.integers(size, len(content) - 1))] = data.draw(st.sampled_from([0, 0x7C, 0x7F, 0xFF]))
    read_or_refuse(tmp_path, bytes(content))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@fuzz
@given(
    part=st.sampled_from(["format", "architecture", "names", "attributes", "preprocessing", "about"]),
    value=anything,
)
def test_any_nonsense_in_the_header(rebuilt: Callable[..., Path], part: str, value: object) -> None:
    path = rebuilt(**{part: value})
    read_or_refuse(path.parent, path.read_bytes())


@fuzz
@given(part=st.sampled_from(["name", "input", "latent", "encode", "decode", "more"]), value=anything)
def test_any_nonsense_in_the_architecture(
    rebuilt: Callable[..., Path], tiny: Checkpoint, part: str, value: object
) -> None:
    path = rebuilt(architecture=tiny.architecture.to_dict() | {part: value})
    read_or_refuse(path.parent, path.read_bytes())


def read_or_refuse(folder: Path, content: bytes) -> None:
    """A damaged file is read to something whole, or refused by a UserError that names it."""
    path = folder / "damaged.safetensors"
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            back = checkpoints.read(path)
        except UserError as error:
            assert str(error).startswith(f"{path}: ")  # noqa: PT017 (either way is right, if it is a polite one)
            return
    assert np.isfinite(back.latents).all()
    assert all(np.isfinite(value).all() for value in back.parameters.values())
    assert len(back.names) == len(back.latents)
    assert len(back.attributes) == len(back.attribute_vectors)
    assert back.preview.shape == back.architecture.input


# The header.


@pytest.mark.parametrize("text", ["", "{", "nonsense", '{"format": 1', "[" * 100_000, "1" * 5000])
def test_a_header_that_is_no_json(rebuilt: Callable[..., Path], text: str) -> None:
    assert refuse(rebuilt(text=text)).startswith("the 'tui_vae' entry is not valid JSON")


@pytest.mark.parametrize("text", ["[]", "null", '"format"', "{}", '{"format": "1"}', '{"format": 1.5}'])
def test_a_header_without_a_format(rebuilt: Callable[..., Path], text: str) -> None:
    assert refuse(rebuilt(text=text)) == "the 'tui_vae' entry has no format version"


def test_a_newer_format_is_refused_by_name_before_anything_else(rebuilt: Callable[..., Path]) -> None:
    path = rebuilt({"preview": ...}, format=2, names="all different", architecture=None)
    assert refuse(path) == "checkpoint format 2; this program reads format 1, update it"


@pytest.mark.parametrize("names", [..., None, "abc", {}, [1] * ITEMS, [None] * ITEMS, [["a"]] * ITEMS])
def test_names_that_are_none(rebuilt: Callable[..., Path], names: object) -> None:
    assert refuse(rebuilt(names=names)).startswith("names must be a list")


@pytest.mark.parametrize("count", [ITEMS - 1, ITEMS + 1, 0])
def test_a_wrong_count_of_names(rebuilt: Callable[..., Path], count: int) -> None:
    assert refuse(rebuilt(names=["x"] * count)) == (
        f"tensor 'atlas/latents' has shape ({ITEMS}, {LATENT}), not ({count}, {LATENT})"
    )


def test_an_empty_atlas(rebuilt: Callable[..., Path]) -> None:
    path = rebuilt({"atlas/latents": np.zeros((0, LATENT), np.int8)}, names=[])
    assert refuse(path) == "the atlas is empty"


@pytest.mark.parametrize("part", ["preprocessing", "about"])
@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_a_table_that_is_none(rebuilt: Callable[..., Path], part: str, value: object) -> None:
    assert refuse(rebuilt(**{part: value})) == f"{part} must be a table"


@pytest.mark.parametrize("value", [..., None, [], "text"])
def test_a_missing_architecture(rebuilt: Callable[..., Path], value: object) -> None:
    assert refuse(rebuilt(architecture=value)) == "the architecture is missing"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"latent": 0}, "latent is 0"),
        ({"latent": 10**9}, "latent is 1000000000"),
        ({"latent": "8"}, "latent must be a whole number"),
        ({"input": [16, 16]}, "input must be"),
        ({"input": [15, 16, 3]}, "does not divide"),
        ({"encode": []}, "encode needs at least one layer"),
        ({"encode": [[8, 3, 2, 0, 1]]}, "a layer is"),
        ({"spell": 1}, "unknown field 'spell'"),
    ],
)
def test_an_impossible_architecture(
    rebuilt: Callable[..., Path], tiny: Checkpoint, change: dict[str, Any], says: str
) -> None:
    assert says in refuse(rebuilt(architecture=tiny.architecture.to_dict() | change))


@pytest.mark.parametrize("value", [None, {}, "ab", 7])
def test_attributes_that_are_no_list(rebuilt: Callable[..., Path], value: object) -> None:
    assert refuse(rebuilt(attributes=value)) == "attributes must be a list"


@pytest.mark.parametrize(
    "item",
    [
        None,
        "Smiling",
        [],
        {},
        {"name": "Smiling", "auc": 0.9},
        {"name": "Smiling", "auc": "good", "count": 3},
        {"name": "Smiling", "auc": None, "count": 3},
        {"name": "Smiling", "auc": 0.9, "count": 3, "r2": "good"},
        {"name": "Smiling", "auc": 10**400, "count": 3},
        {"name": "Smiling", "auc": 0.5, "count": float("inf")},
        {"name": "Smiling", "auc": 0.5, "count": float("nan")},
    ],
)
def test_a_malformed_attribute(rebuilt: Callable[..., Path], item: object) -> None:
    good = {"name": "a", "auc": 0.5, "count": 1}
    assert refuse(rebuilt(attributes=[good, item])) == "an attribute needs name, auc and count"


@pytest.mark.parametrize("entry", [..., []])
def test_attributes_missing_from_the_header(rebuilt: Callable[..., Path], entry: object) -> None:
    assert refuse(rebuilt(attributes=entry)) == "unknown tensor 'axes/attributes/vectors'"


def test_attributes_missing_altogether_are_none_or_refused(rebuilt: Callable[..., Path]) -> None:
    path = rebuilt({"axes/attributes/vectors": ...}, attributes=...)
    assert refuse(path) == "an attribute needs name, auc and count"
    assert checkpoints.read(rebuilt({"axes/attributes/vectors": ...}, attributes=[])).attributes == ()


def test_a_wrong_count_of_attributes(rebuilt: Callable[..., Path]) -> None:
    path = rebuilt(attributes=[{"name": "a", "auc": 0.5, "count": 1}])
    assert refuse(path) == f"tensor 'axes/attributes/vectors' has shape (2, {LATENT}), not (1, {LATENT})"


# The tensors.


def test_any_tensor_missing(rebuilt: Callable[..., Path], parts: tuple[Tensors, Header]) -> None:
    for name in parts[0]:
        assert refuse(rebuilt({name: ...})) == f"tensor {name!r} is missing"


def test_any_tensor_of_a_wrong_shape(rebuilt: Callable[..., Path], parts: tuple[Tensors, Header]) -> None:
    for name, tensor in parts[0].items():
        for wrong in (np.concatenate([tensor, tensor]), tensor[None], tensor[:0]):
            says = refuse(rebuilt({name: np.ascontiguousarray(wrong)}))
            assert says == f"tensor {name!r} has shape {wrong.shape}, not {tensor.shape}"


def test_any_tensor_of_a_wrong_type(rebuilt: Callable[..., Path], parts: tuple[Tensors, Header]) -> None:
    for name, tensor in parts[0].items():
        for dtype in (np.float64, np.int32, np.bool_):
            assert refuse(rebuilt({name: tensor.astype(dtype)})).startswith(f"tensor {name!r} is of type ")


def test_any_tensor_with_a_number_that_is_none(rebuilt: Callable[..., Path], parts: tuple[Tensors, Header]) -> None:
    for name, tensor in parts[0].items():
        if tensor.dtype.kind == "f":
            for bad in (np.nan, np.inf, -np.inf):
                broken = tensor.copy()
                broken.flat[-1] = bad
                assert refuse(rebuilt({name: broken})) == f"tensor {name!r} holds numbers that are not finite"


def test_latents_that_overflow_when_unpacked(rebuilt: Callable[..., Path]) -> None:
    path = rebuilt({"atlas/step": np.full(LATENT, 3e38, np.float32)})
    assert refuse(path) == "tensor 'atlas/latents' holds numbers that are not finite"


def test_an_unknown_tensor(rebuilt: Callable[..., Path]) -> None:
    assert refuse(rebuilt({"decoder/extra": np.zeros(2, np.float16)})) == "unknown tensor 'decoder/extra'"


def test_a_preview_of_floats(rebuilt: Callable[..., Path], tiny: Checkpoint) -> None:
    says = refuse(rebuilt({"preview": tiny.preview.astype(np.float32)}))
    assert says == "tensor 'preview' is of type F32, not U8"


def test_latents_of_bytes_without_a_step(rebuilt: Callable[..., Path]) -> None:
    assert refuse(rebuilt({"atlas/step": ...})) == "tensor 'atlas/step' is missing"


@pytest.mark.parametrize(
    ("name", "factor", "complaint"),
    [
        ("axes/pca/vectors", 2.0, "the PCA vectors are not orthonormal"),
        ("axes/pca/vectors", 1e30, "the PCA vectors are not orthonormal"),
        ("axes/attributes/vectors", 0.0, "the attribute vectors are not of unit length"),
        ("axes/pca/scales", -1.0, "tensor 'axes/pca/scales' holds negative lengths"),
        ("axes/raw/scales", -1.0, "tensor 'axes/raw/scales' holds negative lengths"),
    ],
)
def test_axes_that_are_none(tiny_path: Path, tmp_path: Path, name: str, factor: float, complaint: str) -> None:
    with safe_open(str(tiny_path), framework="numpy") as file:
        metadata, tensors = file.metadata(), {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    path = tmp_path / "a.safetensors"
    save_file({**tensors, name: tensors[name] * np.float32(factor)}, path, metadata)
    assert refuse(path) == complaint


@pytest.mark.parametrize("frame", [[], "eyes", {}, {"centre": 0.5, "eye_line": 0.3, "eye_distance": 7}])
def test_a_frame_that_is_none(rebuilt: Callable[..., Path], frame: object) -> None:
    assert "frame" in refuse(rebuilt(frame=frame))
