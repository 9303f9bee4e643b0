"""Disentanglement scores of hand-made latents whose scores are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from train.data.labels import Column
from train.evaluation.disentanglement import dci as forests
from train.evaluation.disentanglement.dci import dci
from train.evaluation.disentanglement.dimensions import halves, varying
from train.evaluation.disentanglement.factor_vae import LEAST_GROUP, factor_vae
from train.evaluation.disentanglement.factors import Factors, of_labels
from train.evaluation.disentanglement.measure import scores
from train.evaluation.disentanglement.mig import mig, mutual_information
from train.evaluation.disentanglement.sap import sap
from tui_vae.errors import UserError

N, F = 600, 3
RNG = np.random.default_rng(0)
FACTORS = RNG.integers(0, (2, 3, 4), (N, F)).astype(np.int32)
ONE_TO_ONE = (FACTORS + 0.02 * RNG.standard_normal((N, F))).astype(np.float32)
NOISE = RNG.standard_normal((N, F)).astype(np.float32)
FIRST = halves(N, 0)
TREES = 8
KEYS = ("mig", "sap", "disentanglement", "completeness", "informativeness", "factor_vae")


def rotated() -> np.ndarray:
    """Every dimension an equal mix of all factors (a Hadamard-like rotation of unit-variance ones)."""
    unit = (ONE_TO_ONE - ONE_TO_ONE.mean(axis=0)) / ONE_TO_ONE.std(axis=0)
    turn = np.eye(F) - 2 / F  # a reflection; with F = 3 no entry is above 2/3 in size
    return np.asarray(unit @ turn, np.float32)


def mean(values: tuple[float | None, ...]) -> float:
    return float(np.mean([value for value in values if value is not None]))


def test_one_dimension_for_each_factor() -> None:
    assert min(value for value in mig(ONE_TO_ONE, FACTORS) if value is not None) > 0.95
    gaps = sap(ONE_TO_ONE, FACTORS, FIRST)
    assert gaps == pytest.approx([1 - 1 / values for values in (2, 3, 4)], abs=0.1)
    found = dci(ONE_TO_ONE, FACTORS, FIRST, trees=TREES)
    assert found.disentanglement == pytest.approx(1, abs=0.01) and found.completeness == pytest.approx(1, abs=0.01)
    assert mean(found.informativeness) > 0.97
    voted = factor_vae(ONE_TO_ONE, FACTORS, FIRST)
    assert (voted.score, voted.chance, voted.votes) == (1.0, pytest.approx(1 / F), 800)


def test_rotated_dimensions_hold_all_and_mean_nothing() -> None:
    mixed = rotated()
    assert mean(mig(mixed, FACTORS)) < 0.35 and mean(sap(mixed, FACTORS, FIRST)) < 0.35
    found = dci(mixed, FACTORS, FIRST, trees=TREES)
    assert found.disentanglement is not None and found.completeness is not None
    assert found.disentanglement < 0.45 and found.completeness < 0.45
    assert mean(found.informativeness) > 0.8


def test_noise_says_nothing() -> None:
    assert mean(mig(NOISE, FACTORS)) < 0.03 and mean(sap(NOISE, FACTORS, FIRST)) < 0.1
    found = dci(NOISE, FACTORS, FIRST, trees=TREES)
    assert found.disentanglement is not None and found.disentanglement < 0.05
    assert found.completeness is not None and found.completeness < 0.05
    assert mean(found.informativeness) < 0.1
    voted = factor_vae(NOISE, FACTORS, FIRST)
    assert voted.score is not None and abs(voted.score - 1 / F) < 0.2


def test_a_second_copy_of_a_dimension_costs_the_gap_but_not_disentanglement() -> None:
    twice = np.concatenate([ONE_TO_ONE, ONE_TO_ONE], axis=1)
    assert mig(twice, FACTORS) == (0.0, 0.0, 0.0) and sap(twice, FACTORS, FIRST) == (0.0, 0.0, 0.0)
    found = dci(twice, FACTORS, FIRST, trees=TREES)
    assert found.disentanglement == pytest.approx(1, abs=0.01)
    assert found.completeness is not None and found.completeness < 0.9


def test_collapsed_dimensions_change_no_score() -> None:
    constant = np.tile(np.float32([0, 5, -3]), (N, 1)) * np.float32(1 + 1e-7)
    wide = np.concatenate([constant[:, :2], ONE_TO_ONE, constant[:, 2:]], axis=1)
    factors = Factors(("a", "b", "c"), FACTORS)
    assert varying(wide).shape == (N, F) and scores(wide, factors, trees=TREES) == scores(
        ONE_TO_ONE, factors, trees=TREES
    )
    dead = scores(constant, factors, trees=TREES)
    assert (dead["mig"], dead["sap"], dead["informativeness"]) == (0.0, 0.0, 0.0)
    assert dead["disentanglement"] is None and dead["factor_vae"] == dead["factor_vae_chance"]


def test_the_definitions_of_disentanglement_and_completeness() -> None:
    shares = np.array([[1.0, 0.0], [0.0, 0.5], [0.0, 0.5]])
    assert forests.disentanglement(shares) == 1.0  # each dimension serves one factor
    assert forests.completeness(shares) == pytest.approx((1 + 1 - np.log(2) / np.log(3)) / 2)
    # Weighted: the second dimension holds all of neither factor, and three quarters of the importance.
    mixed = np.array([[0.5, 0.0], [0.5, 1.0]])
    p = np.array([1 / 3, 2 / 3])
    assert forests.disentanglement(mixed) == pytest.approx(0.25 + 0.75 * (1 + (p * np.log2(p)).sum()))
    assert forests.disentanglement(shares[:, :1]) is None and forests.completeness(shares[:1, :1]) is None


def test_mutual_information_is_that_of_the_table() -> None:
    a, b = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    assert mutual_information(a, a) == pytest.approx(np.log(2)) and mutual_information(a, b) == 0
    # p(0, 0) = 1/2, p(0, 1) = p(1, 1) = 1/4: 3/2 - 3/4 log2(3) ... worked out by hand in nats.
    table = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    told = 0.5 * np.log(0.5 / 0.375) + 0.25 * np.log(0.25 / 0.375) + 0.25 * np.log(0.25 / 0.125)
    assert mutual_information(*table) == pytest.approx(told)


def test_unknown_values_are_left_out() -> None:
    hidden = FACTORS.copy()
    hidden[::3] = -1
    rest = np.arange(N) % 3 > 0
    wrong = ONE_TO_ONE.copy()
    wrong[::3] = NOISE[::3]
    assert mean(mig(wrong, hidden)) > 0.55  # the range of the noise makes the bins coarse
    assert mean(dci(wrong, hidden, FIRST, trees=TREES).informativeness) > 0.9
    kept = sap(ONE_TO_ONE[rest], FACTORS[rest], FIRST[rest])
    assert sap(wrong, hidden, FIRST) == pytest.approx(kept, abs=0.05)
    gone = np.full_like(FACTORS, -1)
    nothing = scores(ONE_TO_ONE, Factors(("a", "b", "c"), gone))
    assert all(nothing[key] is None for key in ("mig", "sap", "disentanglement", "informativeness", "factor_vae"))


def test_groups_are_of_items_that_share_a_value_and_never_all_of_them() -> None:
    few = FACTORS.copy()
    few[:, 2] = np.arange(N) // (2 * LEAST_GROUP)  # 16 items a value, 8 of them in a half: too few
    voted = factor_vae(ONE_TO_ONE, few, FIRST)
    assert voted.used == (True, True, False) and voted.chance == 0.5
    assert LEAST_GROUP <= voted.groups[0] <= voted.groups[1] <= 64
    alone = factor_vae(ONE_TO_ONE, FACTORS[:, :1], FIRST)
    assert (alone.score, alone.votes) == (None, 0)


@settings(max_examples=12, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(("normal", "ties", "copies", "constant")),
    st.permutations(range(4)),
    st.lists(st.integers(-8, 8), min_size=4, max_size=4),
)
def test_scores_stay_in_their_range_and_know_no_order_and_no_unit(
    seed: int, kind: str, order: list[int], powers: list[int]
) -> None:
    rng = np.random.default_rng(seed)
    latents = rng.standard_normal((80, 4)).astype(np.float32)
    if kind == "ties":
        latents = np.round(latents)
    if kind == "copies":
        latents[:, 2:] = latents[:, :2]
    if kind == "constant":
        latents[:, 1:3] = rng.standard_normal(2)
    factors = Factors(("a", "b"), rng.integers(-1, (2, 4), (80, 2)).astype(np.int32))
    found = scores(latents, factors, trees=3)
    assert all(found[key] is None or 0 <= found[key] <= 1 for key in KEYS)
    assert scores(latents, factors, trees=3) == found
    scaled = latents * np.float32(2.0) ** np.array(powers, np.float32)
    assert scores(scaled[:, order], factors, trees=3) == found


def test_scores_of_the_unit_do_not_hang_on_powers_of_two() -> None:
    factors = Factors(("a", "b", "c"), FACTORS)
    assert scores(ONE_TO_ONE * np.float32([3, 0.01, 700]), factors, trees=TREES) == scores(
        ONE_TO_ONE, factors, trees=TREES
    )
    assert scores(ONE_TO_ONE, factors, 1, trees=TREES)["sap"] != scores(ONE_TO_ONE, factors, 0, trees=TREES)["sap"]


# Labels as factors.


def test_labels_become_codes() -> None:
    count = 100
    rows = np.arange(count)
    columns = (
        Column("smile", "boolean", tuple([True, False, None, False] * 25)),
        Column("yaw", "numeric", (None, *(float(number) for number in range(1, count)))),
        Column("tone", "numeric", tuple(float(number % 3) * 7 for number in range(count))),
        Column("hair", "categorical", tuple(["red"] * 45 + ["blond"] * 46 + ["rare"] * 9)),
        Column("name", "categorical", tuple(str(number) for number in range(count))),
        Column("same", "boolean", (True,) * count),
    )
    made = of_labels(columns, rows)
    assert made.names == ("smile", "yaw", "tone", "hair") and made.left_out == ("name", "same")
    assert made.codes.dtype == np.int32 and made.counts() == (75, 99, 100, 91) and made.values() == (2, 5, 3, 2)
    assert made.codes[:4, 0].tolist() == [1, 0, -1, 0]
    assert np.bincount(made.codes[1:, 1]).tolist() == pytest.approx([20] * 5, abs=1) and made.codes[0, 1] == -1
    assert (np.diff(made.codes[1:, 1]) >= 0).all()  # quantiles keep the order
    assert made.codes[:3, 2].tolist() == [0, 1, 2]
    assert made.codes[[0, 50, 99], 3].tolist() == [1, 0, -1]
    assert of_labels(columns, rows, ["hair"]).names == ("hair",)
    assert of_labels(columns, rows[:50], ["smile"]).counts() == (38,)
    with pytest.raises(UserError, match=r"--factors eyes: no such label; there are smile, yaw"):
        of_labels(columns, rows, ["eyes"])
    with pytest.raises(UserError, match="no label has two values with 10 of the 100 images"):
        of_labels(columns, rows, ["name"])
    with pytest.raises(UserError, match="no label has two values"):
        of_labels((), rows)


def test_numbers_that_are_mostly_one_number_make_fewer_bins() -> None:
    column = Column("x", "numeric", tuple([0.0] * 70 + [float(number) for number in range(1, 31)]))
    made = of_labels((column,), np.arange(100))
    assert made.values()[0] >= 2 and made.counts() == (100,)
    assert len(set(made.codes[:70, 0].tolist())) == 1
