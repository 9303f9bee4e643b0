"""Labels and clusters on their way from a checkpoint, or from anybody's arrays, into the latent space."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.conftest import ITEMS, LATENT, make_checkpoint
from tui_vae.api import space_of
from tui_vae.latent.labels import column
from tui_vae.model.labels import Label

MADE = make_checkpoint()


def test_a_checkpoint_without_labels_has_none() -> None:
    space = space_of(MADE)
    assert space.labels == () and space.clusters is None


def test_labels_and_clusters_of_a_checkpoint_reach_the_space() -> None:
    labels = (
        Label("Smiling", "boolean", tuple([True, False, None, True] * (ITEMS // 4))),
        Label("Age", "numeric", tuple([20.5, None] * (ITEMS // 2))),
        Label("Hair", "categorical", tuple(["brown", "blond", None, "brown"] * (ITEMS // 4))),
    )
    cluster = np.arange(ITEMS, dtype=np.int32) % 3
    centroids = np.stack([MADE.latents[cluster == row].mean(axis=0) for row in range(3)])
    space = space_of(dataclasses.replace(MADE, labels=labels, cluster=cluster, centroids=centroids))
    smiling, age, hair = space.labels
    assert smiling.values[:4] == pytest.approx([1, 0, np.nan, 1], nan_ok=True)
    assert age.values[:2] == pytest.approx([20.5, np.nan], nan_ok=True)
    assert hair.categories == ("blond", "brown")
    assert hair.values[:4] == pytest.approx([1, 0, np.nan, 1], nan_ok=True)
    assert space.clusters is not None and len(space.clusters) == 3
    assert space.clusters.centroids.shape == (3, LATENT)


def test_the_kind_of_hand_made_labels_is_that_of_their_values() -> None:
    assert column("a", [True, None, False]).kind == "boolean"
    assert column("a", [1, 2.5, float("nan")]).kind == "numeric"
    assert column("a", list(np.array([1, 2], np.int64))).kind == "numeric"
    assert column("a", ["x", None]).kind == "categorical"
    assert np.isnan(column("a", ["x", None]).values).tolist() == [False, True]


@pytest.mark.parametrize("values", [[True, 2.0], ["x", 1], [1.0, float("inf")]])
def test_labels_of_no_kind_are_refused(values: list[object]) -> None:
    with pytest.raises(ValueError, match="label 'a'"):
        column("a", values)  # type: ignore[arg-type]


def test_coordinates_are_the_bars_of_every_item() -> None:
    space = space_of(MADE)
    assert space.coordinates.shape == (ITEMS, LATENT)
    assert space.coordinates[5] == pytest.approx(space.pca.values(space.atlas[5]), abs=1e-4)
