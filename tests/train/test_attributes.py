"""Attribute directions: what labels ask, what is named, and what is projected out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from train.data.labels import Column, read_labels
from train.exporting import attributes as directions
from train.exporting.targets import Quantity, Target, lightness, quantities, targets
from tui_vae.errors import UserError

N, L = 3000, 12
RNG = np.random.default_rng(0)
BARS = RNG.standard_normal((N, L)).astype(np.float32)
SPLITS = np.array(["train", "train", "train", "validation", "test"])[np.arange(N) % 5]


def target(name: str, yes: np.ndarray, column: str = "") -> Target:
    return Target(name, column or name, yes.astype(np.int8))


def noisy(direction: np.ndarray, noise: float = 0.3) -> np.ndarray:
    return BARS @ direction + noise * RNG.standard_normal(N) > 0


def axis(*places: int) -> np.ndarray:
    return np.eye(L)[list(places)].sum(axis=0) / np.sqrt(len(places))


def test_a_planted_direction_is_found_and_its_auc_is_that_of_the_test_split() -> None:
    truth = noisy(axis(3))
    found = directions.fit(BARS, SPLITS, [target("A", truth), target("noise", RNG.random(N) < 0.5)])
    assert [item.name for item in found.attributes] == ["A"] and found.too_weak == 1
    assert found.vectors.shape == (1, L) and found.vectors[0, 3] > 0.98
    test = SPLITS == "test"
    scores = BARS[test] @ found.vectors[0]
    pairs = np.subtract.outer(scores[truth[test]], scores[~truth[test]])
    assert found.attributes[0].auc == pytest.approx((pairs > 0).mean(), abs=1e-3)
    assert found.attributes[0].count == test.sum() and found.attributes[0].removed == ()


def test_correlated_attributes_are_made_orthogonal_to_those_before_them() -> None:
    first, second = noisy(axis(0), 0.1), noisy(axis(0, 1), 0.1)
    apart = noisy(axis(5), 0.1)
    found = directions.fit(BARS, SPLITS, [target("second", second), target("first", first), target("apart", apart)])
    by_name = {item.name: (item, vector) for item, vector in zip(found.attributes, found.vectors, strict=True)}
    assert {item.removed for item in found.attributes} == {(), ("first",)} or {
        item.removed for item in found.attributes
    } == {(), ("second",)}
    for item, vector in by_name.values():
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
        for other in item.removed:
            assert abs(vector @ by_name[other][1]) < 1e-5
    assert by_name["apart"][0].removed == ()
    assert all(item.auc >= 0.78 for item in found.attributes)


def test_what_would_lose_its_meaning_is_left_as_it_is() -> None:
    first = noisy(axis(0), 0.1)
    same = first ^ (RNG.random(N) < 0.02)
    found = directions.fit(BARS, SPLITS, [target("first", first), target("same", same)])
    assert len(found.attributes) == 2 and all(item.removed == () for item in found.attributes)


def test_values_of_one_column_are_not_projected_out_of_each_other() -> None:
    first, second = noisy(axis(0), 0.1), noisy(-axis(0, 1), 0.1)
    found = directions.fit(BARS, SPLITS, [target("hair: a", first, "hair"), target("hair: b", second, "hair")])
    assert [item.removed for item in found.attributes] == [(), ()]
    assert found.columns == ("hair",)


def test_too_few_examples_and_no_labels_name_nothing() -> None:
    rare = np.zeros(N, np.bool_)
    rare[:50] = True
    for asked in ([], [target("rare", rare)]):
        found = directions.fit(BARS, SPLITS, asked)
        assert found.vectors.shape == (0, L) and found.attributes == () and found.too_weak == 0


def test_unknown_items_are_left_out_of_fit_and_count() -> None:
    truth = noisy(axis(2)).astype(np.int8)
    hidden = truth.copy()
    hidden[::2] = -1
    # Were unknown taken for "no", half of the true ones would be.
    found = directions.fit(BARS, SPLITS, [Target("A", "A", hidden)])
    assert found.attributes[0].count == ((SPLITS == "test") & (hidden >= 0)).sum()
    assert found.attributes[0].auc > 0.95


def test_labels_become_questions() -> None:
    training = np.ones(8, np.bool_)
    training[-1] = False
    columns = (
        Column("Smiling", "boolean", (True, False, None, True, False, True, None, False)),
        Column("yaw", "numeric", (0.1, 0.2, 0.3, 0.4, None, 0.5, 0.6, 99.0)),
        Column("hair", "categorical", ("red", "blond", "red", "blond", "grey", None, "red", "blond")),
    )
    asked = {item.name: item for item in targets(columns, training, 2)}
    assert list(asked) == ["Smiling", "hair: blond", "hair: red"]
    assert asked["Smiling"].truth.tolist() == [1, 0, -1, 1, 0, 1, -1, 0]
    (yaw,) = quantities(columns, training)
    assert yaw.truth.tolist() == [0, 0, 0, 1, -1, 1, 1, 1]  # the median of training items: 0.35
    assert (yaw.name, yaw.values[0], np.isnan(yaw.values[4])) == ("yaw", 0.1, True)
    assert asked["hair: red"].truth.tolist() == [1, 0, 1, 0, 0, -1, 1, 0]
    assert {item.column for item in asked.values()} == {"Smiling", "hair"}
    assert [item.name for item in targets(columns, training, 3)] == ["hair: red"]


def test_a_file_of_labels_is_matched_by_name_and_by_identity(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("3\nA B\n000001.jpg 1 -1\n000002.jpg -1 1\nother/8.webp 1 1\n")
    names, keys = ["celeba/000001.jpg", "faces/7.webp", "faces/8.webp"], ["000001.jpg", "000002.jpg", "8.webp"]
    found = directions.labels_of(read_labels(path), names, keys)
    assert [column.values for column in found] == [(True, False, None), (False, True, None)]
    with pytest.raises(UserError, match=r"names items like '000001\.jpg', the data has items like 'x\.png'"):
        directions.labels_of(read_labels(path), ["x.png"], ["x.png"])


def test_a_number_gets_an_axis_with_the_r2_of_the_test_split() -> None:
    numbers = 30 + 4 * (BARS @ axis(2, 6) + 0.5 * RNG.standard_normal(N))
    numbers[::7] = np.nan
    truth = np.where(np.isnan(numbers), -1, numbers > 30).astype(np.int8)
    lost = RNG.standard_normal(N)
    asked = [Quantity("age", "age", numbers, truth), Quantity("noise", "noise", lost, (lost > 0).astype(np.int8))]
    found = directions.fit(BARS, SPLITS, asked)
    assert [item.name for item in found.attributes] == ["age"] and found.too_weak == 1
    assert found.vectors[0] @ axis(2, 6) > 0.99  # larger numbers up
    test = (SPLITS == "test") & (truth >= 0)
    correlation = np.corrcoef(BARS[test] @ found.vectors[0], numbers[test])[0, 1]
    (item,) = found.attributes
    assert item.r2 == pytest.approx(correlation**2, abs=0.02) and item.count == test.sum()
    assert item.score == f"R² {item.r2:.2f}" and item.auc > 0.85


def test_a_number_gives_way_to_what_it_goes_together_with() -> None:
    smile = noisy(axis(0), 0.1)
    numbers = BARS @ axis(0, 1) + 0.1 * RNG.standard_normal(N)
    number = Quantity("number", "number", numbers, (numbers > 0).astype(np.int8))
    found = directions.fit(BARS, SPLITS, [target("smile", smile), number])
    by_name = {item.name: (item, vector) for item, vector in zip(found.attributes, found.vectors, strict=True)}
    (first, one), (second, other) = by_name["number"], by_name["smile"]
    assert {first.removed, second.removed} <= {(), ("smile",), ("number",)}
    assert first.r2 is not None and first.r2 >= 0.38 and second.r2 is None
    if first.removed or second.removed:
        assert abs(one @ other) < 1e-5


def test_colours_are_ordered_by_their_lightness() -> None:
    assert [round(lightness(colour), 1) for colour in ("#000000", "#777777", "#ffffff")] == [0.0, 50.0, 100.0]
    assert lightness("#614335") < lightness("#D08B5B") < lightness("#ffdbb4")
    columns = (
        Column("skin", "categorical", ("#614335", "#ffdbb4", None, "#d08b5b")),
        Column("hair", "categorical", ("#614335", "red", None, "#d08b5b")),
        Column("same", "numeric", (1.0, 1.0, None, 1.0)),
    )
    (found,) = quantities(columns, np.ones(4, np.bool_))
    assert (found.name, found.column) == ("skin lightness", "skin")
    assert found.truth.tolist() == [0, 1, -1, 0]
