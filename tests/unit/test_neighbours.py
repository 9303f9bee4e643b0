"""The atlas items near a point, against distances worked out one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.made_space import CLUSTERS, ITEMS, LATENT, make_space
from tui_vae.latent.axes import pca_axes
from tui_vae.latent.neighbours import Neighbourhood
from tui_vae.latent.space import Atlas, LatentSpace

SPACE = make_space()
NEAR = Neighbourhood(SPACE)


def slowly(z: np.ndarray) -> np.ndarray:
    return np.array([np.linalg.norm(item.astype(np.float64) - z) for item in SPACE.atlas.latents])


@given(seed=st.integers(0, 10_000), count=st.integers(0, ITEMS + 5))
def test_the_nearest_are_the_nearest(seed: int, count: int) -> None:
    z = SPACE.sample(seed, 2.0)
    expected = slowly(z)
    found = NEAR.nearest(z, count)
    assert len(found) == min(count, ITEMS)
    assert [item.distance for item in found] == pytest.approx(np.sort(expected)[: len(found)], rel=1e-4)
    for item in found:
        assert item.distance == pytest.approx(expected[item.index], rel=1e-4)
    assert NEAR.distances(z) == pytest.approx(expected, abs=1e-3)


def test_an_item_is_its_own_nearest_unless_left_out() -> None:
    for index in range(ITEMS):
        z = SPACE.atlas[index]
        first = NEAR.nearest(z, 1)[0]
        assert first.index == index
        assert first.distance == pytest.approx(0, abs=1e-5)
        assert index not in [item.index for item in NEAR.nearest(z, ITEMS, exclude=index)]
        assert len(NEAR.nearest(z, ITEMS, exclude=index)) == ITEMS - 1


def test_a_point_belongs_to_the_cluster_with_the_nearest_centroid() -> None:
    assert SPACE.clusters is not None
    for row in range(CLUSTERS):
        assert NEAR.cluster(SPACE.clusters.centroids[row]) == row
        members = NEAR.members(row)
        assert sorted(members) == list(range(row, ITEMS, CLUSTERS))
        away = np.linalg.norm(SPACE.atlas.latents[members] - SPACE.clusters.centroids[row], axis=1)
        assert (np.diff(away) >= 0).all()


def test_without_clusters_there_are_none() -> None:
    near = Neighbourhood(make_space(clusters=False))
    assert near.cluster(np.zeros(LATENT, np.float32)) is None
    assert len(near.members(0)) == 0


def test_an_atlas_of_one_item() -> None:
    pca = pca_axes(np.ones(2, np.float32), np.eye(2, dtype=np.float32), np.zeros(2, np.float32))
    near = Neighbourhood(LatentSpace(Atlas(np.ones((1, 2), np.float32), ("only",)), (pca,)))
    assert near.nearest(np.ones(2, np.float32), 5)[0].index == 0
    assert near.nearest(np.ones(2, np.float32), 5, exclude=0) == ()
