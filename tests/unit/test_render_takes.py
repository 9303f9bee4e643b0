"""Bars by name, traversals, grids, ways and tours as sheets and films; contact sheets as pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ITEMS, LATENT
from tui_vae.api import space_of
from tui_vae.errors import UserError
from tui_vae.latent import tours
from tui_vae.latent.axes import Vector
from tui_vae.latent.space import LatentSpace
from tui_vae.model.checkpoint import Checkpoint
from tui_vae.render import takes, traversal
from tui_vae.render.sheet import GROUND, Sheet, picture, text_lines


@pytest.fixture(scope="module")
def space(tiny: Checkpoint) -> LatentSpace:
    return space_of(tiny)


def flat(z: Vector, grid: tuple[int, int] | None = None) -> np.ndarray:
    """A face of one colour that says which point it is: the first coordinate."""
    height, width = grid or (16, 16)
    grey = np.clip(z[:, 0], 0, 255).astype(np.uint8)
    return np.broadcast_to(grey[:, None, None, None], (len(z), height, width, 3)).copy()


def shades(values: list[int]) -> Vector:
    z = np.zeros((len(values), 3), np.float32)
    z[:, 0] = values
    return z


@pytest.mark.parametrize(
    ("name", "axes", "index"),
    [("PC 1", 0, 0), ("pc3", 0, 2), ("z 4", 1, 0), ("Z_0", 1, 1), ("smiling", 2, 0), ("WEARING_HAT", 2, 1)],
)
def test_bars_are_found_by_name(space: LatentSpace, name: str, axes: int, index: int) -> None:
    found = traversal.find(space, name)
    assert found.axes is space.axes[axes] and found.index == index


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("smilin", "no bar named 'smilin'; did you mean Smiling?"),
        ("xyzzy", "no bar named 'xyzzy'; there are PC 1 to PC 8, z 4 to z 5, Smiling to Wearing Hat"),
    ],
)
def test_an_unknown_bar_is_refused_with_the_nearest_names(space: LatentSpace, name: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        traversal.find(space, name)
    assert str(caught.value) == says


@given(st.integers(0, ITEMS - 1), st.sampled_from(["PC 2", "z 4", "smiling"]), st.integers(1, 9))
def test_a_traversal_puts_the_bar_where_it_says(tiny: Checkpoint, index: int, name: str, count: int) -> None:
    space = space_of(tiny)
    bar = traversal.find(space, name)
    sheet = takes.traversals(space.atlas[index], [bar], 3, count)
    values = [float(bar.axes.values(z)[bar.index]) for z in sheet.latents]
    assert values == pytest.approx(list(np.linspace(-3, 3, count)) if count > 1 else [0], abs=1e-3)
    along = sheet.latents - space.atlas[index]
    assert np.linalg.matrix_rank(along, tol=1e-3) <= 1, "nothing else moves"


def test_several_bars_have_a_row_each(space: LatentSpace) -> None:
    sheet = takes.traversals(space.mean, traversal.find_all(space, "PC 1, smiling ,z 4"), 2, 5)
    assert sheet.rows == 3 and sheet.columns == 5
    assert sheet.sides == ["PC 1", "Smiling", "z 4"] and sheet.tops == ["-2", "-1", "0", "+1", "+2"]
    with pytest.raises(UserError, match="expected names of bars"):
        traversal.find_all(space, " , ")


@pytest.mark.parametrize("start", [0.0, 1.2, -2.9, 4.0])
def test_a_swing_is_a_loop_from_where_the_bar_stands(space: LatentSpace, start: float) -> None:
    bar = traversal.find(space, "PC 1")
    z = space.pca.move(space.mean, 0, start)
    values = space.pca.readout[0] @ (bar.swing(z, 3, 200) - space.mean).T
    reach = max(3.0, abs(start))
    assert values[0] == pytest.approx(start, abs=1e-3)
    assert values.max() == pytest.approx(reach, abs=1e-2) and values.min() == pytest.approx(-reach, abs=1e-2)
    assert np.abs(np.diff(values, append=values[0])).max() < 2 * np.pi * reach / 200 + 1e-3, (
        "no jump, at the seam neither"
    )


def test_a_grid_moves_both_bars(space: LatentSpace) -> None:
    down, across = traversal.find_all(space, "PC 1,PC 2")
    sheet = takes.plane(space.atlas[3], down, across, 3, 3)
    values = np.stack([space.pca.values(z)[:2] for z in sheet.latents]).reshape(3, 3, 2)
    wanted = np.array([-3, 0, 3])
    assert np.allclose(values[..., 0], wanted[:, None], atol=1e-3)
    assert np.allclose(values[..., 1], wanted[None], atol=1e-3)
    with pytest.raises(UserError, match="two different bars"):
        takes.plane(space.mean, down, down, 3, 3)


@pytest.mark.parametrize("kind", ["lerp", "slerp"])
def test_a_way_has_its_ends_exactly(space: LatentSpace, kind: str) -> None:
    latents = takes.way(space.atlas[1], space.atlas[2], 5, kind, space.pca)  # type: ignore[arg-type]
    assert np.array_equal(latents[0], space.atlas[1]) and np.array_equal(latents[-1], space.atlas[2])
    assert takes.interpolation(latents, "1", "2").captions == ["1", "25%", "50%", "75%", "2"]


def test_a_tour_is_cut_or_spread(space: LatentSpace) -> None:
    first = takes.part_of(tours.tour("dataset", space, space.mean), 3)
    assert [first.stop(number).index for number in range(3)] == [0, 1, 2]
    whole = tours.tour("attribute:smiling", space, space.mean)
    spread = takes.part_of(whole, 3)
    assert [spread.stop(number).index for number in (0, 2)] == [whole.stop(0).index, whole.stop(ITEMS - 1).index]
    assert len(takes.part_of(whole, 1000)) == ITEMS
    assert takes.stops(first, space.atlas).captions == ["0: 000", "1: 001", "2: 002"]


def test_a_film_of_a_tour_calls_at_its_stops(space: LatentSpace) -> None:
    tour = takes.part_of(tours.tour("dataset", space, space.mean), 3)
    film = takes.travel(tour, 2.0, 10, "lerp", space.pca)
    assert len(film.latents) == 41
    for number in range(3):
        assert np.array_equal(film.latents[20 * number], space.atlas[number])
    loop = takes.travel(tours.tour("traversal:PC 1", space, space.mean), 1.0, 10, "lerp", space.pca)
    assert len(loop.latents) == 40
    assert np.abs(loop.latents[0] - loop.latents[-1]).max() < 0.1, "it ends where it began"


@settings(max_examples=30)
@given(st.lists(st.integers(40, 255), min_size=1, max_size=12), st.integers(1, 5), st.sampled_from(["", "caption"]))
def test_a_sheet_shows_every_face_where_it_belongs(values: list[int], columns: int, caption: str) -> None:
    sheet = Sheet(shades(values), columns, [caption] * len(values) if caption else ())
    drawn = picture(sheet, flat)
    across, down = 18, 18 + (drawn.shape[0] - 2 - 18 * sheet.rows) // sheet.rows
    assert drawn.shape[1] == 2 + columns * across
    for number, value in enumerate(values):
        row, column = divmod(number, columns)
        tile = drawn[2 + row * down : 18 + row * down, 2 + column * across : 18 + column * across]
        assert (tile == value).all()
    assert (drawn[0] == GROUND).all() and (drawn[:, 0] == GROUND).all()


def test_captions_are_written_and_cut_to_their_room() -> None:
    plain = picture(Sheet(shades([100]), 1), flat)
    short = picture(Sheet(shades([100]), 1, ["a"]), flat)
    long = picture(Sheet(shades([100]), 1, ["a" * 100], ["top" * 50]), flat)
    assert short.shape[0] > plain.shape[0] and short.shape[1] == plain.shape[1] == long.shape[1]
    assert (short[plain.shape[0] :].max(axis=2) > 120).any(), "the letter is there"
    beside = picture(Sheet(shades([100]), 1, sides=["a name"]), flat)
    assert beside.shape[0] == plain.shape[0] and beside.shape[1] > plain.shape[1] + 10


def test_a_grey_sheet_stays_grey() -> None:
    drawn = picture(Sheet(shades([50, 90]), 2, ["a", "b"]), lambda z, grid=None: flat(z, grid)[..., :1])
    assert drawn.ndim == 3 and drawn.shape[2] == 1


def test_lines_of_cells_stand_side_by_side_with_their_captions() -> None:
    sheet = Sheet(np.zeros((3, LATENT), np.float32), 2, ["one", "a long name", "x"], sides=["r1", "r2"])
    faces = [[str(number) * 4] * 3 for number in range(3)]
    assert text_lines(sheet, faces, 4) == [
        "   0000 1111", "r1 0000 1111", "   0000 1111", "   one  a l~",
        "   2222", "r2 2222", "   2222", "    x  ",
    ]  # fmt: skip
