"""Tours: what they stop at, by name."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.made_space import CLUSTERS, ITEMS, make_space
from tui_vae.latent.space import Atlas, LatentSpace
from tui_vae.latent.tours import Tour, TourError, tour, tour_names

SPACE = make_space()
BARE = LatentSpace(SPACE.atlas, SPACE.axes[:2])
HERE = SPACE.sample(3)


def indices(made: Tour) -> list[int | None]:
    return [made.stop(number).index for number in range(len(made))]


@pytest.mark.parametrize(
    "name", ["dataset", "shuffled", "shuffled:9", "clusters", "attribute:smiling", "bar:PC 2", "walk"]
)
def test_tours_of_the_atlas_see_every_item_once(name: str) -> None:
    made = tour(name, SPACE, HERE)
    stops = [made.stop(number) for number in range(len(made))]
    items = [stop for stop in stops if stop.index is not None]
    assert sorted(stop.index for stop in items if stop.index is not None) == list(range(ITEMS))
    for stop in items:
        assert stop.index is not None
        assert np.array_equal(stop.z, SPACE.atlas[stop.index])
        assert SPACE.atlas.names[stop.index] in stop.title


def test_the_dataset_keeps_its_order_and_a_seed_gives_another_one() -> None:
    assert indices(tour("dataset", SPACE, HERE)) == list(range(ITEMS))
    orders = [indices(tour(name, SPACE, HERE)) for name in ("shuffled", "shuffled:0", "shuffled:1", "Shuffled : 1")]
    assert orders[0] == orders[1] != orders[2] == orders[3]


def test_clusters_begin_with_their_centroids() -> None:
    assert SPACE.clusters is not None
    made = tour("clusters", SPACE, HERE)
    assert len(made) == ITEMS + CLUSTERS
    place = 0
    for cluster in range(CLUSTERS):
        stop = made.stop(place)
        assert (stop.index, stop.title) == (None, f"cluster {cluster}")
        assert np.array_equal(stop.z, SPACE.clusters.centroids[cluster])
        size = int((SPACE.clusters.of == cluster).sum())
        members = [made.stop(place + 1 + number).index for number in range(size)]
        assert sorted(str(index) for index in members) == sorted(map(str, np.flatnonzero(SPACE.clusters.of == cluster)))
        place += size + 1


@pytest.mark.parametrize(
    ("name", "axes", "bar"), [("attribute:wearing_hat", 2, 1), ("bar: pc 3", 0, 2), ("bar:z 4", 1, 4)]
)
def test_an_attribute_goes_from_least_to_most(name: str, axes: int, bar: int) -> None:
    made = tour(name, SPACE, HERE)
    values = [SPACE.axes[axes].values(made.stop(number).z)[bar] for number in range(len(made))]
    assert (np.diff(values) > -1e-5).all() and values[-1] > values[0] + 1


def test_a_traversal_moves_one_bar_and_comes_around() -> None:
    made = tour("traversal:pc 2", SPACE, HERE)
    assert made.closed
    bars = np.stack([SPACE.pca.values(made.stop(number).z) for number in range(len(made))])
    assert bars[:, 1] == pytest.approx([0, 3, 0, -3], abs=1e-4)
    others = np.delete(bars - SPACE.pca.values(HERE), 1, axis=1)
    assert others == pytest.approx(np.zeros_like(others), abs=1e-4)


def test_a_walk_goes_to_the_nearest_that_it_has_not_seen() -> None:
    made = tour("walk", SPACE, HERE)
    assert np.array_equal(made.stop(0).z, HERE)
    assert made.stop(5).index == made.stop(5).index  # asked for in any order
    items = SPACE.atlas.latents.astype(np.float64)
    here, left = HERE, set(range(ITEMS))
    for number in range(1, ITEMS + 1):
        nearest = min(left, key=lambda item: float(np.linalg.norm(items[item] - here)))
        assert made.stop(number).index == nearest
        here = items[nearest]
        left.remove(nearest)


def test_a_search_and_bookmarks() -> None:
    assert indices(tour("search:age > 40 and young", SPACE, HERE)) == [k for k in range(21, ITEMS) if k % 2 == 0]
    marks = (("one", SPACE.sample(1)), ("two", SPACE.sample(2)))
    made = tour("bookmarks", SPACE, HERE, marks)
    assert [made.stop(number).title for number in range(2)] == ["one", "two"]
    assert np.array_equal(made.stop(1).z, marks[1][1])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "nowhere",
            "no tour 'nowhere'; there are dataset, shuffled, shuffled:SEED, clusters, attribute:NAME, bar:NAME",
        ),
        ("", "no tour ''; there are dataset"),
        ("dataset:3", "no tour 'dataset:3'; there are"),
        ("shuffled:x", "the seed of a shuffled tour is a number, not 'x'"),
        ("shuffled:-1", "the seed of a shuffled tour is a number, not '-1'"),
        ("attribute:smirking", "no attribute 'smirking'; there are Smiling, Wearing Hat"),
        ("bar:", "no bar ''; there are PC 1, PC 2"),
        ("traversal:PC 99", "no bar 'PC 99'; there are PC 1"),
        ("bookmarks", "there are no bookmarks yet"),
        ("search:*.gif", "search:*.gif: there is nothing to see"),
        ("search:smilling", "no attribute or item 'smilling'; did you mean smiling? (at 1)"),
    ],
)
def test_an_unknown_tour_says_what_there_is(name: str, message: str) -> None:
    with pytest.raises(TourError) as caught:
        tour(name, SPACE, HERE)
    assert str(caught.value).startswith(message)
    assert len(str(caught.value).splitlines()) == 1


def test_a_bare_space_offers_no_more_than_it_has() -> None:
    assert "clusters" in tour_names(SPACE) and "attribute:NAME" in tour_names(SPACE)
    assert "clusters" not in tour_names(BARE) and "attribute:NAME" not in tour_names(BARE)
    with pytest.raises(TourError, match="no clusters"):
        tour("clusters", BARE, HERE)
    with pytest.raises(TourError, match="no attributes"):
        tour("attribute:smiling", BARE, HERE)
    empty = LatentSpace(Atlas(SPACE.atlas.latents[:0], ()), SPACE.axes)
    for name in ("dataset", "walk", "shuffled"):
        with pytest.raises(TourError, match="nothing to see"):
            tour(name, empty, HERE)
