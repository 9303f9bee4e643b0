"""``edits``: whether a step along an attribute axis does what its name says, as a classifier sees it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import make_checkpoint
from tests.train.conftest import prepare_200_discs
from train.cli import main
from train.data.prepared import MANIFEST, open_prepared
from train.evaluation.edits import of_edit, table
from tui_vae.model import checkpoint as checkpoints

QUESTIONS = ("Smiling", "hair: red", "hair: blond", "Wearing_Hat")


def test_an_edit_is_judged_by_its_own_label_and_by_those_that_it_should_leave_alone() -> None:
    before = np.zeros((4, 4), np.float32)
    after = np.array([[0, 2, -9, 0.5], [0, 2, -9, 0.5], [0, 2, -9, -2.5], [0, -1, -9, -2.5]], np.float32)
    found = of_edit(before, after, np.array([1, 0.5, 1, 2], np.float32), 1, QUESTIONS)
    assert found == {"rises": 0.75, "own": 2.5, "others": 0.25, "most": ["Wearing Hat", -0.5]}
    alone = of_edit(before[:, 1:3], after[:, 1:3], np.ones(2, np.float32), 0, QUESTIONS[1:3])
    assert alone["others"] is None and alone["most"] is None


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 discs that know whether they are bright, under the name of an axis of the made-up checkpoint."""
    prepared = prepare_200_discs(tmp_path_factory.mktemp("labelled"))
    manifest = json.loads((prepared / MANIFEST).read_text())
    light = np.asarray(open_prepared(prepared).images, np.float64).mean(axis=(1, 2, 3))
    manifest["splits"] = [("test", "train", "validation", "train")[number % 4] for number in range(200)]
    manifest["labels"] = [{"name": "Smiling", "kind": "boolean", "values": (light > np.median(light)).tolist()}]
    (prepared / MANIFEST).write_text(json.dumps(manifest))
    return prepared


def test_the_command_tries_the_axes_that_the_data_knows(
    labelled: Path, tiny_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = tmp_path / "edits.json"
    assert main(["edits", str(tiny_path), "--data", str(labelled), "--sigma", "1", "--json", str(told)]) == 0
    found = json.loads(told.read_text())
    assert found["images"] == 50 and found["classifier"]["validation_images"] == 50
    own = found["axes"]["Smiling"]
    assert own["auc_real"] > max(0.7, own["auc_decoded"])  # the networks are made up
    assert 10 < own["yes"] < 40
    assert list(found["axes"]) == ["Smiling"] and found["not_tried"] == ["Wearing Hat"]
    printed = capsys.readouterr().out
    assert table(found) in printed and "50 test images" in printed and "no yes or no: Wearing Hat" in printed


def test_what_cannot_be_tried_is_refused_in_one_line(
    labelled: Path, tiny_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    none = tmp_path / "none.safetensors"
    made = make_checkpoint()
    checkpoints.write(none, replace(made, attributes=(), attribute_vectors=made.attribute_vectors[:0]))
    for words, complaint in (
        ([str(none)], "has no attribute axes to try"),
        ([str(tiny_path), "--sigma", "0"], "--sigma 0: above 0"),
        ([str(tiny_path), "--json", str(tmp_path)], "no file can be written there"),
    ):
        assert main(["edits", *words, "--data", str(labelled)]) == 2
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert complaint in line
