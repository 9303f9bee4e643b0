"""A latent space out of bare latents."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tui_vae.errors import UserError
from tui_vae.latent.explorer import Explorer
from tui_vae.latent.fitted import PRIOR_ITEMS, area_under_curve, fitted_space, prior_space
from tui_vae.latent.space import LatentSpace


def cloud(count: int = 300, size: int = 5, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((size, size)))[0]
    return (rng.standard_normal((count, size)) * np.arange(size, 0, -1) @ turn + 7).astype(np.float32)


def assert_usable(space: LatentSpace) -> None:
    """All that the explorer does with a space, without a number that is not finite."""
    state = Explorer(space)
    for _ in space.axes:
        state.next_axes()
        assert np.isfinite(state.values()).all()
        state.nudge(1.0)
    state.randomize(3)
    state.invert()
    state.step_dataset(1)
    assert np.isfinite(state.point.z).all()


def test_bars_are_principal_components_in_sigma() -> None:
    latents = cloud()
    space = fitted_space(latents)
    bars = space.pca.values(latents.T[:, 0])
    assert bars.shape == (5,)
    whole = (latents - space.mean) @ space.pca.readout.T
    np.testing.assert_allclose(whole.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(np.cov(whole.T), np.eye(5), atol=1e-3)
    assert (np.diff(space.pca.scales) <= 0).all()
    assert space.atlas.names[:2] == ("item 0", "item 1")


def test_raw_dimensions_go_by_variance() -> None:
    latents = np.random.default_rng(1).standard_normal((400, 3)).astype(np.float32) * [1, 5, 2]
    raw = fitted_space(latents).axes[1]
    assert raw.labels == ("z 1", "z 2", "z 0")
    shares = np.var(latents, axis=0)[[1, 2, 0]] / np.var(latents, axis=0).sum()
    assert raw.notes == tuple(f"{100 * share:.1f}% of variance" for share in shares)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_fewer_items_than_dimensions(count: int) -> None:
    latents = cloud(count, 6)
    space = fitted_space(latents)
    assert_usable(space)
    np.testing.assert_allclose(space.mean, latents.mean(axis=0), rtol=1e-5)


def test_items_without_spread_have_a_sigma_of_one() -> None:
    space = fitted_space(np.full((4, 3), 2.0))
    assert_usable(space)
    np.testing.assert_array_equal(space.pca.scales, 1)
    np.testing.assert_allclose(space.pca.move(space.mean, 0, 1.0) - space.mean, [1, 0, 0])


def test_the_prior_is_not_fitted_to_its_draws() -> None:
    space = prior_space(6)
    assert len(space.atlas) == PRIOR_ITEMS and space.atlas.names[-1] == f"prior {PRIOR_ITEMS - 1}"
    np.testing.assert_array_equal(space.mean, 0)
    np.testing.assert_array_equal(space.pca.directions, np.eye(6))
    assert not space.pca.dimmed.any()
    np.testing.assert_array_equal(space.atlas.latents, prior_space(6).atlas.latents)
    np.testing.assert_allclose(space.atlas.latents.std(axis=0), 1, atol=0.1)
    assert_usable(space)


@pytest.mark.parametrize("values", [(True, False), (1, 0), (1.0, -1.0), (np.int64(1), np.int64(-1))])
def test_a_label_of_two_values_becomes_a_bar(values: tuple[Any, Any]) -> None:
    latents = cloud()
    space = fitted_space(latents)
    truth = space.pca.readout[2] @ (latents - space.mean).T > 0.3
    column: list[Any] = [values[0] if each else values[1] for each in truth]
    column[5] = None
    column[6] = math.nan
    labelled = fitted_space(
        latents, labels={"third_one": column, "half": ["a", "b"] * 150, "rare": [True] + [False] * 299}
    )
    bars = labelled.axes[2]
    assert bars.labels == ("third one",)
    assert abs(bars.directions[0] @ space.pca.readout[2]) > 0.95
    assert float(bars.notes[0].removeprefix("AUC ")) > 0.97
    assert [each.kind for each in labelled.labels] == ["boolean", "categorical", "boolean"]


def test_an_auc_is_measured_on_items_that_were_not_fitted() -> None:
    """Labels that mean nothing are told apart on the items that a direction is fitted to, and only there."""
    rng = np.random.default_rng(2)
    latents = rng.standard_normal((200, 60)).astype(np.float32)
    labels = {f"noise {number}": rng.integers(0, 2, 200) for number in range(12)}
    bars = fitted_space(latents, labels=labels).axes[2]
    aucs = [float(note.removeprefix("AUC ")) for note in bars.notes]
    assert abs(np.mean(aucs) - 0.5) < 0.1
    scores = bars.readout @ latents.T
    fitted = [area_under_curve(row, labels[name] == 1) for row, name in zip(scores, bars.labels, strict=True)]
    assert np.mean(fitted) > 0.7


def test_area_under_curve_counts_pairs() -> None:
    rng = np.random.default_rng(3)
    scores, positive = rng.integers(0, 6, 40), rng.integers(0, 2, 40) > 0
    pairs = [(a > b) + (a == b) / 2 for a in scores[positive] for b in scores[~positive]]
    assert area_under_curve(scores, positive) == pytest.approx(np.mean(pairs))


@pytest.mark.parametrize(
    ("latents", "settings", "says"),
    [
        (np.zeros(4), {}, "latents: expected numbers of shape (N, L), got float64 (4,)"),
        (np.zeros((2, 3), complex), {}, "latents: expected numbers of shape (N, L), got complex128 (2, 3)"),
        (np.zeros((0, 3)), {}, "latents: there are none; leave them out to explore the prior"),
        (np.zeros((2, 0)), {}, "0 latents: from 1 to 4,096 are supported"),
        (np.zeros((2, 5000)), {}, "5,000 latents: from 1 to 4,096 are supported"),
        ([[0, 1], [math.nan, 2], [3, math.inf]], {}, "latents: 2 of 3 rows hold NaN or infinity (first: row 1)"),
        ([[0, 1e300]], {}, "latents: 1 of 1 rows hold NaN or infinity (first: row 0)"),
        ([[0], [1]], {"names": ["a"]}, "names: 1 of them for 2 latents; give one each"),
        ([[0], [1]], {"labels": {"a": [1]}}, "labels: 'a' has 1 values for 2 latents; give one each"),
        ([[0], [1]], {"labels": {"a": 7}}, "labels: 'a' has no values for 2 latents; give one each"),
        (
            [[0], [1]],
            {"labels": {"a": [1, "x"]}},
            "labels: 'a' must hold booleans, numbers or texts: label 'a' mixes values of several kinds",
        ),
    ],
)
def test_what_does_not_fit_is_refused(latents: Any, settings: dict[str, Any], says: str) -> None:
    with pytest.raises(UserError) as caught:
        fitted_space(np.asarray(latents), **settings)
    assert str(caught.value) == says


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.int16]),
        st.tuples(st.integers(1, 9), st.integers(1, 7)),
        elements={"min_value": -1000, "max_value": 1000},
    )
)
def test_any_latents_make_a_usable_space(latents: Any) -> None:
    space = fitted_space(latents)
    np.testing.assert_allclose(space.pca.readout @ space.pca.directions.T, np.eye(latents.shape[1]), atol=2e-2)
    assert_usable(space)
