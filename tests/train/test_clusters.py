"""Clusters of latents, and their sheets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tests.conftest import LATENT, make_checkpoint
from train.codec import Codec
from train.exporting import clusters


def test_groups_that_are_there_are_found_largest_first() -> None:
    rng = np.random.default_rng(0)
    centres = 20 * rng.standard_normal((4, 6))
    truth = np.repeat(np.arange(4), [10, 40, 20, 30])
    latents = (centres[truth] + rng.standard_normal((100, 6))).astype(np.float32)
    found = clusters.cluster(latents, 4)
    assert np.bincount(found.cluster).tolist() == [40, 30, 20, 10]
    for number, old in enumerate([1, 3, 2, 0]):
        assert (truth[found.cluster == number] == old).all()
        np.testing.assert_allclose(found.centroids[number], latents[truth == old].mean(0), atol=1e-4)
    np.testing.assert_allclose(
        found.distance, np.linalg.norm(latents - found.centroids[found.cluster], axis=1), rtol=1e-5
    )
    again = clusters.cluster(latents, 4)
    np.testing.assert_array_equal(found.cluster, again.cluster)


def test_small_sets_and_equal_latents_have_fewer() -> None:
    rng = np.random.default_rng(0)
    assert len(clusters.cluster(rng.standard_normal((11, 3)).astype(np.float32), 49).centroids) == 2
    assert len(clusters.cluster(rng.standard_normal((2, 3)).astype(np.float32), 49).centroids) == 1
    same = clusters.cluster(np.ones((100, 3), np.float32), 10)
    assert len(same.centroids) == 1 and not same.cluster.any() and not same.distance.any()


def test_sheets_show_the_nearest_members(tmp_path: Path) -> None:
    made = make_checkpoint()
    codec = Codec.of(made.architecture, made.parameters)
    rng = np.random.default_rng(0)
    latents = rng.standard_normal((12, LATENT)).astype(np.float32)
    images = np.broadcast_to(np.arange(24, dtype=np.uint8)[:, None, None, None] * 10, (24, 16, 16, 3))
    found, rows = clusters.cluster(latents, 3), np.arange(0, 24, 2)
    (tmp_path / "sheets").mkdir()
    clusters.write_sheets(tmp_path / "sheets", codec, found, images, rows)
    sheet = np.asarray(Image.open(tmp_path / "sheets" / "members.png"))
    assert sheet.shape == (3 * 18 + 2, 9 * 18 + 2, 3)
    mine = np.flatnonzero(found.cluster == 0)
    nearest = rows[mine[found.distance[mine].argmin()]]
    np.testing.assert_array_equal(sheet[2:18, 20:36], images[nearest])
    centroid = codec.pictures(found.centroids)[0]
    np.testing.assert_array_equal(sheet[2:18, 2:18], centroid)
    grid = np.asarray(Image.open(tmp_path / "sheets" / "centroids.png"))
    np.testing.assert_array_equal(grid[2:18, 2:18], centroid)
