"""The atlas as a map: counted one by one, and moved on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.made_space import ITEMS, LATENT, make_space
from tui_vae.latent import map as maps
from tui_vae.latent.axes import pca_axes
from tui_vae.latent.point import point
from tui_vae.latent.recipe import Draw, Move, Recipe
from tui_vae.latent.space import Atlas, LatentSpace

SPACE = make_space()
BARE = make_space(clusters=False)


def test_positions_are_the_first_two_bars() -> None:
    found = maps.positions(SPACE)
    assert found == pytest.approx(SPACE.coordinates[:, :2], abs=1e-4)
    assert maps.position(SPACE, SPACE.atlas[7]) == pytest.approx(found[7], abs=1e-4)
    assert maps.position(SPACE, SPACE.mean) == (0, 0)


@given(rows=st.integers(1, 30), columns=st.integers(1, 30), extent=st.floats(0.5, 5))
def test_every_item_is_counted_where_it_lies(rows: int, columns: int, extent: float) -> None:
    assert SPACE.clusters is not None
    drawn = maps.draw(SPACE, rows, columns, extent)
    counts = np.zeros((rows, columns), int)
    votes = np.zeros((rows, columns, len(SPACE.clusters)), int)
    outside = 0
    for (x, y), cluster in zip(maps.positions(SPACE), SPACE.clusters.of, strict=True):
        if max(abs(x), abs(y)) > np.float32(extent):
            outside += 1
            continue
        row, column = drawn.cell(float(x), float(y))
        counts[row, column] += 1
        votes[row, column, cluster] += 1
    assert drawn.outside == outside and drawn.counts.sum() + outside == ITEMS
    if np.array_equal(drawn.counts, counts):
        assert np.array_equal(drawn.cluster, np.where(counts > 0, votes.argmax(axis=2), -1))
    else:
        assert np.abs(drawn.counts - counts).sum() <= 2  # one item on an edge, rounded otherwise


def test_levels_tell_empty_from_full() -> None:
    drawn = maps.Map(np.array([[0, 1], [10, 1000]], np.int32), np.zeros((2, 2), np.int32), 3.0, 0)
    assert drawn.levels(5).tolist() == [[0, 1], [2, 4]]
    assert drawn.levels(2).tolist() == [[0, 1], [1, 1]]
    with pytest.raises(ValueError, match="at least 2 levels"):
        drawn.levels(1)
    empty = maps.Map(np.zeros((2, 2), np.int32), np.zeros((2, 2), np.int32), 3.0, 0)
    assert not empty.levels(4).any()


@given(rows=st.integers(1, 40), columns=st.integers(1, 40), data=st.data())
def test_a_cell_holds_its_centre(rows: int, columns: int, data: st.DataObject) -> None:
    drawn = maps.draw(BARE, rows, columns)
    cell = data.draw(st.tuples(st.integers(0, rows - 1), st.integers(0, columns - 1)))
    assert drawn.cell(*drawn.centre(*cell)) == cell
    assert (drawn.cluster == -1).all()


def test_up_and_right_are_more_and_outside_is_the_edge() -> None:
    drawn = maps.draw(SPACE, 10, 20, 3.0)
    assert drawn.cell(-2.99, 2.99) == (0, 0) and drawn.cell(2.99, -2.99) == (9, 19)
    assert drawn.cell(-50, 50) == (0, 0) and drawn.cell(50, -50) == (9, 19)


@given(seed=st.integers(0, 999), dx=st.floats(-3, 3), dy=st.floats(-3, 3))
def test_a_step_moves_two_components_and_nothing_else(seed: int, dx: float, dy: float) -> None:
    z = SPACE.sample(seed)
    step = SPACE.pca.values(maps.moved(SPACE, z, dx, dy)) - SPACE.pca.values(z)
    assert step == pytest.approx([dx, dy] + [0] * (LATENT - 2), abs=1e-4)


def test_steps_of_a_walk_become_two_moves_of_the_recipe() -> None:
    here = point(Recipe(Draw(7)), SPACE)
    for _ in range(10):
        here = maps.walked(SPACE, here, 0.1, -0.2)
    assert here.made == Recipe(Draw(7), (Move("PCA", 0, 1.0), Move("PCA", 1, -2.0)))
    assert here.origin == "random 7 edited"
    assert here.z == pytest.approx(maps.moved(SPACE, SPACE.sample(7), 1, -2), abs=1e-5)
    assert maps.walked(SPACE, here, -1.0, 2.0).z.tobytes() == SPACE.sample(7).tobytes()


def test_one_component_and_one_item_make_a_map() -> None:
    pca = pca_axes(np.zeros(1, np.float32), np.ones((1, 1), np.float32), np.ones(1, np.float32))
    space = LatentSpace(Atlas(np.ones((1, 1), np.float32), ("only",)), (pca,))
    assert maps.position(space, np.ones(1, np.float32)) == (1, 0)
    assert maps.draw(space, 3, 3).counts.tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert np.array_equal(maps.moved(space, np.zeros(1, np.float32), 0.5, 2), np.array([0.5], np.float32))


@pytest.mark.parametrize(("rows", "columns", "extent"), [(0, 5, 3), (5, 0, 3), (5, 5, 0), (5, 5, np.inf)])
def test_a_map_needs_room(rows: int, columns: int, extent: float) -> None:
    with pytest.raises(ValueError, match="no room"):
        maps.draw(SPACE, rows, columns, extent)
