"""``disentangle``: held-out images of a prepared set, encoded and scored, one row per checkpoint."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import make_checkpoint
from tests.train.conftest import prepare_200_discs
from train.cli import main
from train.codec import Codec
from train.data.prepared import MANIFEST, open_prepared
from train.evaluation.disentanglement.factors import of_labels
from train.evaluation.disentanglement.measure import scores
from tui_vae.model import checkpoint as checkpoints


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 discs, 100 of them held out, that know how bright they are and which channel leads."""
    prepared = prepare_200_discs(tmp_path_factory.mktemp("labelled"))
    manifest = json.loads((prepared / MANIFEST).read_text())
    images = np.asarray(open_prepared(prepared).images, np.float64)
    manifest["splits"] = [("test", "train")[number % 2] for number in range(200)]
    manifest["labels"] = [
        {"name": "bright", "kind": "numeric", "values": images.mean(axis=(1, 2, 3)).tolist()},
        {
            "name": "warm",
            "kind": "boolean",
            "values": (images[..., 0].mean((1, 2)) > images[..., 2].mean((1, 2))).tolist(),
        },
        {"name": "name", "kind": "categorical", "values": [str(number) for number in range(200)]},
    ]
    (prepared / MANIFEST).write_text(json.dumps(manifest))
    return prepared


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("models")
    made = make_checkpoint()
    checkpoints.write(folder / "a.safetensors", made)
    # The same networks with an encoder that sees nothing.
    blind = {name: 0 * value if name.startswith("encoder/") else value for name, value in made.parameters.items()}
    checkpoints.write(folder / "b.safetensors", replace(made, parameters=blind))
    return str(folder / "a.safetensors"), str(folder / "b.safetensors")


def test_the_command_scores_the_test_split(
    labelled: Path, models: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "scores.json"
    assert main(["disentangle", *models, "--data", str(labelled), "--json", str(out)]) == 0
    figures = json.loads(out.read_text())
    assert list(figures) == list(models)
    data, made = open_prepared(labelled), checkpoints.read(Path(models[0]))
    rows = data.rows("test")
    means = Codec.of(made.architecture, made.parameters).encode(data.images, rows).mean
    expected = scores(means, of_labels(data.labels, rows))
    for key in ("mig", "sap", "disentanglement", "completeness", "informativeness", "factor_vae", "factors"):
        assert figures[models[0]][key] == expected[key]
    assert figures[models[0]]["images"] == len(rows) == 100 and figures[models[0]]["split"] == "test"
    blind = figures[models[1]]
    assert (blind["mig"], blind["active_units"], blind["dimensions_that_vary"]) == (0.0, 0, 0)
    said = capsys.readouterr().out
    rows_said = [line for line in said.splitlines() if line.startswith(models)]
    assert len(rows_said) == 2 and f"{figures[models[0]]['mig']:.3f}" in rows_said[0]
    assert "bright (5 values, 100), warm (2 values, 100)" in said and "ten images: name" in said
    assert max(map(len, said.splitlines())) < len(models[0]) + 100


def test_what_is_wrong_is_said_in_one_line(
    labelled: Path, models: tuple[str, str], discs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def error(*arguments: str) -> str:
        assert main(["disentangle", *arguments]) == 2
        said = capsys.readouterr().err.strip()
        assert "\n" not in said
        return said

    assert "no label has two values" in error(models[0], "--data", str(discs), "--split", "all")
    assert "images in the validation split; 40 are needed" in error(
        models[0], "--data", str(labelled), "--split", "validation"
    )
    assert "--factors eyes: no such label" in error(models[0], "--data", str(labelled), "--factors", "eyes")
    assert "at least one checkpoint" in error("--data", str(labelled))
    assert "--json" in error(models[0], "--data", str(labelled), "--json", str(tmp_path / "no" / "f.json"))
    assert "--seed" in error(models[0], "--data", str(labelled), "--seed", "-1")
    assert "not a prepared folder" in error(models[0], "--data", str(tmp_path))
    assert "missing" in error("missing", "--data", str(labelled))
    assert "--data" in error(models[0])
    assert "takes (64, 64, 3) images" in error("faces", "--data", str(labelled))
