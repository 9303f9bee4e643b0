"""Bars and latents: exact moves, and no loss on the way there and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.conftest import LATENT, make_checkpoint
from tui_vae.api import space_of
from tui_vae.latent.axes import Axes, attribute_axes, pca_axes, raw_axes

SPACE = space_of(make_checkpoint())
KINDS = [pytest.param(axes, id=axes.name) for axes in SPACE.axes]

latents = hnp.arrays(np.float32, LATENT, elements=st.floats(-8, 8, width=32))
amounts = st.floats(-6, 6, width=32)


def test_the_kinds_are_pca_raw_and_attributes_in_this_order() -> None:
    assert [axes.name for axes in SPACE.axes] == ["PCA", "raw", "attributes"]
    assert [len(axes) for axes in SPACE.axes] == [LATENT, LATENT, 2]
    for axes in SPACE.axes:
        assert len(axes.notes) == len(axes.dimmed) == len(axes.scales) == len(axes)


@pytest.mark.parametrize("axes", KINDS)
def test_the_mean_has_all_bars_at_zero(axes: Axes) -> None:
    assert np.array_equal(axes.values(SPACE.mean), np.zeros(len(axes)))


@pytest.mark.parametrize("axes", KINDS)
@given(z=latents, by=amounts, data=st.data())
def test_a_bar_moves_by_exactly_what_it_was_asked_for(
    axes: Axes, z: np.ndarray, by: float, data: st.DataObject
) -> None:
    bar = data.draw(st.integers(0, len(axes) - 1))
    moved = axes.move(z, bar, by)
    change = axes.values(moved) - axes.values(z)
    assert change[bar] == pytest.approx(by, abs=2e-4)


@pytest.mark.parametrize("axes", KINDS[:2])
@given(z=latents, by=amounts, bar=st.integers(0, LATENT - 1))
def test_the_other_bars_of_a_basis_stay(axes: Axes, z: np.ndarray, by: float, bar: int) -> None:
    change = axes.values(axes.move(z, bar, by)) - axes.values(z)
    assert np.abs(np.delete(change, bar)).max() < 2e-4


@pytest.mark.parametrize("axes", KINDS)
@given(z=latents, by=amounts)
def test_moving_makes_a_new_vector(axes: Axes, z: np.ndarray, by: float) -> None:
    before = z.copy()
    moved = axes.move(z, 0, by)
    assert moved.dtype == np.float32
    assert not np.shares_memory(moved, z)
    assert np.array_equal(z, before)


@pytest.mark.parametrize("axes", KINDS[:2])
@given(z=latents)
def test_a_basis_loses_nothing(axes: Axes, z: np.ndarray) -> None:
    rebuilt = axes.mean + axes.values(z) @ axes.directions
    assert np.abs(rebuilt - z).max() < 1e-4


@given(bars=hnp.arrays(np.float32, LATENT, elements=st.floats(-4, 4, width=32)))
def test_pca_bars_survive_the_way_through_the_latent(bars: np.ndarray) -> None:
    axes = SPACE.axes[0]
    assert np.abs(axes.values(axes.mean + bars @ axes.directions) - bars).max() < 1e-4


def test_a_pca_bar_is_one_standard_deviation_of_the_atlas() -> None:
    bars = np.stack([SPACE.pca.values(z) for z in SPACE.atlas.latents])
    assert bars.mean(axis=0) == pytest.approx(np.zeros(LATENT), abs=1e-5)
    assert bars.std(axis=0, ddof=1) == pytest.approx(np.ones(LATENT), abs=1e-4)


def test_pca_notes_say_the_share_of_variance_and_dim_what_has_none() -> None:
    axes = pca_axes(np.zeros(3, np.float32), np.eye(3, dtype=np.float32), np.array([3, 1, 0], np.float32))
    assert axes.labels == ("PC 1", "PC 2", "PC 3")
    assert axes.notes == ("90.0% of variance", "10.0% of variance", "0.0% of variance")
    assert axes.dimmed.tolist() == [False, False, True]


def test_a_component_without_spread_gives_finite_bars() -> None:
    axes = pca_axes(np.zeros(2, np.float32), np.eye(2, dtype=np.float32), np.zeros(2, np.float32))
    z = np.array([1, -1], np.float32)
    assert np.isfinite(axes.values(z)).all() and np.isfinite(axes.move(z, 0, 3)).all()
    assert all("nan" not in note for note in axes.notes)


def test_raw_bars_are_ordered_by_kl_and_collapsed_ones_are_dimmed() -> None:
    kl = np.array([0.5, 3, 0.001, 2], np.float32)
    scales = np.array([1, 2, 0.01, 4], np.float32)
    axes = raw_axes(np.zeros(4, np.float32), scales, kl)
    assert axes.labels == ("z 1", "z 3", "z 0", "z 2")
    assert axes.notes == ("KL 3.00 nats", "KL 2.00 nats", "KL 0.50 nats", "KL 0.00 nats")
    assert axes.dimmed.tolist() == [False, False, False, True]
    assert axes.scales.tolist() == scales[[1, 3, 0, 2]].tolist()
    assert axes.move(np.zeros(4, np.float32), 1, 2.0).tolist() == [0, 0, 0, 8]


def test_equal_kl_keeps_the_latents_order() -> None:
    axes = raw_axes(np.zeros(5, np.float32), np.ones(5, np.float32), np.ones(5, np.float32))
    assert axes.labels == ("z 0", "z 1", "z 2", "z 3", "z 4")


def test_attributes_are_labelled_with_their_auc() -> None:
    vectors = np.array([[0.6, 0.8, 0], [0, 0, 1]], np.float32)
    mean = np.array([1, 2, 3], np.float32)
    pca = pca_axes(mean, np.eye(3, dtype=np.float32), np.array([3, 2, 1], np.float32))
    axes = attribute_axes(pca, ("Wearing_Hat", "Smiling"), vectors, (0.857, 1.0))
    assert axes.labels == ("Wearing Hat", "Smiling")
    assert axes.notes == ("AUC 0.86", "AUC 1.00")
    assert axes.move(mean, 0, 1.0) - mean == pytest.approx([1.8, 1.6, 0])
    assert axes.scales == pytest.approx([np.hypot(1.8, 1.6), 1])
