"""NumPy files as sources: every layout and value range, labels, and files that lie about themselves."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from train.data.labels import Column
from train.data.pixels import Preprocessing
from train.data.prepare import prepare
from train.data.sources import open_source
from train.data.sources.arrays import CHUNK_BYTES, Layout, layout, value_range
from tui_vae.errors import UserError

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (5, 8, 8, 3)).astype(np.uint8)


def saved(path: Path, array: np.ndarray, form: str) -> Path:
    if form == "npy":
        np.save(path.with_suffix(".npy"), array)
        return path.with_suffix(".npy")
    (np.savez if form == "npz" else np.savez_compressed)(path.with_suffix(".npz"), images=array)
    return path.with_suffix(".npz")


@pytest.mark.parametrize("form", ["npy", "npz", "npz compressed"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("channels_first", [False, True])
def test_every_layout_gives_the_same_pixels(tmp_path: Path, form: str, order: str, channels_first: bool) -> None:
    array = np.array(IMAGES.transpose(0, 3, 1, 2) if channels_first else IMAGES, order=order)  # type: ignore[call-overload]
    made = prepare(saved(tmp_path / "a", array, form), tmp_path / "out", Preprocessing(8))
    np.testing.assert_array_equal(made.images, IMAGES)
    assert made.names == [f"{number:06d}" for number in range(5)]


@pytest.mark.parametrize(
    ("array", "tolerance"),
    [
        (IMAGES.astype(np.float32) / 255, 0.51),
        (IMAGES.astype(np.float64) / 127.5 - 1, 0.51),
        (IMAGES.astype(np.float16) / np.float16(255), 0.75),
        (IMAGES.astype(np.float32), 0.0),
        (IMAGES.astype(np.int64), 0.0),
        (IMAGES.astype(">u2") * np.uint16(257), 0.0),
    ],
)
def test_value_ranges_are_recognised_and_said(
    tmp_path: Path, array: np.ndarray, tolerance: float, capsys: pytest.CaptureFixture[str]
) -> None:
    made = prepare(saved(tmp_path / "a", array, "npz"), tmp_path / "out", Preprocessing(8))
    assert np.abs(made.images.astype(float) - IMAGES).max() <= tolerance
    assert "is taken for black" in capsys.readouterr().out


def test_black_and_white_masks_are_not_nearly_black(tmp_path: Path) -> None:
    mask = (RNG.random((3, 8, 8)) > 0.5).astype(np.uint8)
    for number, array in enumerate((mask, mask.astype(bool))):
        path = saved(tmp_path / str(number), array, "npy")
        made = prepare(path, tmp_path / f"out{number}", Preprocessing(8, channels=1))
        np.testing.assert_array_equal(made.images[..., 0], mask * 255)


def test_alpha_lies_over_the_background(tmp_path: Path) -> None:
    array = np.zeros((1, 8, 8, 4), np.uint8)
    array[0, :4] = (10, 20, 30, 255)
    made = prepare(saved(tmp_path / "a", array, "npy"), tmp_path / "out", Preprocessing(8, background=(200, 0, 100)))
    assert made.images[0, 0, 0].tolist() == [10, 20, 30] and made.images[0, 7, 0].tolist() == [200, 0, 100]


@given(st.lists(st.integers(0, 6), max_size=5))
def test_layouts_cover_all_values_or_none(shape: list[int]) -> None:
    found = layout(shape)
    if found is not None:
        assert found.count * found.height * found.width * found.channels == np.prod(shape)
        assert found.rows(np.zeros(shape)).shape == (found.count, found.height, found.width, found.channels)


def test_layouts_by_name() -> None:
    assert layout((60, 28, 28)) == Layout(60, 28, 28, 1)
    assert layout((60, 28, 28, 1)) == Layout(60, 28, 28, 1)
    assert layout((60, 3, 32, 32)) == Layout(60, 32, 32, 3, channels_first=True)
    assert layout((32, 32, 3)) == Layout(1, 32, 32, 3)
    assert layout((60, 28)) is None and layout((0, 28, 28)) is None and layout((60, 5, 28, 28)) is None


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_a_range_holds_the_values(low: float, width: float) -> None:
    found = value_range(low, low + width)
    if found is not None:
        slack = (found[1] - found[0]) * 1e-3
        assert found[0] - slack <= low and low + width <= found[1] + slack


def test_one_dimensional_arrays_of_the_same_length_are_labels(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "a.npz",
        x=IMAGES,
        smiling=np.array([True, False, True, True, False]),
        age=np.array([1.5, np.nan, 3, 4, 5]),
        male=np.array([-1, 1, 1, -1, -1]),
        hair=np.array(["red", "", "blond", "red", "black"]),
        code=np.array([b"a", b"b", b"a", b"a", b"a"]),
        other=np.arange(4),
    )
    made = prepare(tmp_path / "a.npz", tmp_path / "out", Preprocessing(8))
    assert made.labels == (
        Column("smiling", "boolean", (True, False, True, True, False)),
        Column("age", "numeric", (1.5, None, 3.0, 4.0, 5.0)),
        Column("male", "boolean", (False, True, True, False, False)),
        Column("hair", "categorical", ("red", None, "blond", "red", "black")),
        Column("code", "categorical", ("a", "b", "a", "a", "a")),
    )


def test_images_with_holes_are_reported(tmp_path: Path) -> None:
    array = IMAGES.astype(np.float32) / 255
    array[2, 0, 0] = np.nan
    made = prepare(saved(tmp_path / "a", array, "npz"), tmp_path / "out", Preprocessing(8))
    assert made.names == ["000000", "000001", "000003", "000004"]
    assert made.manifest["skipped"] == {"000002": "holds values that are not finite"}


def test_large_arrays_go_through_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.data.sources.arrays.CHUNK_BYTES", 2 * 8 * 8 * 3)
    assert CHUNK_BYTES > 400
    for form in ("npy", "npz"):
        made = prepare(saved(tmp_path / form, IMAGES, form), tmp_path / f"out-{form}", Preprocessing(8))
        np.testing.assert_array_equal(made.images, IMAGES)


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"a": IMAGES, "b": IMAGES}, "several arrays could be the images: a.npy, b.npy"),
        ({"a": np.zeros(3)}, r"shape \(3,\); expected numbers of shape"),
        ({"a": np.full((2, 8, 8), 300.5)}, "values from 300.5 to 300.5; expected 0 to 1"),
        ({"a": np.full((2, 8, 8), -70000)}, "values from -70000 to -70000"),
        ({"a": np.full((2, 8, 8), np.nan)}, "holds values that are not finite"),
        ({"a": np.zeros((2, 8, 8), complex)}, "complex128"),
        ({"a": np.array([{}, {}], object)}, "object"),
        ({}, "no arrays in it"),
    ],
)
def test_what_is_no_set_of_images_is_said(tmp_path: Path, arrays: dict[str, np.ndarray], complaint: str) -> None:
    np.savez(tmp_path / "a.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=complaint):
        prepare(tmp_path / "a.npz", tmp_path / "out", Preprocessing(8))
    assert not (tmp_path / "out").exists()


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (exec, (f"open({str(tmp_path / 'sprung')!r}, 'w')",))

    np.save(tmp_path / "a.npy", np.array([Trap()], object), allow_pickle=True)
    with pytest.raises(UserError):
        prepare(tmp_path / "a.npy", tmp_path / "out", Preprocessing(8))
    np.savez(tmp_path / "b.npz", images=IMAGES, trap=np.array([Trap()] * 5, object))
    assert len(prepare(tmp_path / "b.npz", tmp_path / "out", Preprocessing(8)).labels) == 0
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("form", ["npy", "npz"])
def test_headers_that_promise_more_than_there_is(tmp_path: Path, form: str) -> None:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f4", "fortran_order": False, "shape": (10**9, 64, 64, 3)})
    data = stream.getvalue() + bytes(1000)
    path = tmp_path / f"a.{form}"
    if form == "npy":
        path.write_bytes(data)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("images.npy", data)
    with pytest.raises(UserError, match=r"damaged|is it cut"):
        prepare(path, tmp_path / "out", Preprocessing(8))


@given(cut=st.integers(0, 1200), place=st.integers(0, 200), value=st.integers(0, 255))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_files_are_a_complaint_or_a_listing(tmp_path: Path, cut: int, place: int, value: int) -> None:
    kept = tmp_path / "kept.npy"
    if not kept.exists():
        np.save(kept, IMAGES)
    data = bytearray(kept.read_bytes()[: cut or None])
    data[min(place, len(data) - 1)] = value
    (tmp_path / "a.npy").write_bytes(data)
    complaint, names = "", ()
    try:
        names = open_source(tmp_path / "a.npy").listing().names
    except UserError as error:
        complaint = str(error)
    assert bool(names) != bool(complaint) and "\n" not in complaint
