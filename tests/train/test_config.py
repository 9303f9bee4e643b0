from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from train import presets
from train.config import FitConfig
from tui_vae.errors import UserError

ARCHITECTURE = {"input": [16, 16, 3], "latent": 4, "encode": [[8]]}


@pytest.mark.parametrize("name", presets.names())
def test_presets_read_and_survive_their_own_toml(name: str) -> None:
    config = presets.load(name)
    assert FitConfig.from_toml(config.to_toml(), "again") == config
    assert presets.describe(name)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({}, "[architecture] is missing"),
        ({"architecture": ARCHITECTURE, "extra": {}}, "unknown table 'extra'"),
        ({"architecture": ARCHITECTURE, "run": {"epoch": 1}}, "[run] has no 'epoch'"),
        ({"architecture": ARCHITECTURE, "run": {"batch": "many"}}, "run.batch must be int"),
        ({"architecture": ARCHITECTURE, "run": {"batch": True}}, "run.batch must be int"),
        ({"architecture": ARCHITECTURE, "run": {"batch": 0}}, "run.batch is 0"),
        ({"architecture": ARCHITECTURE, "run": {"epochs": float("nan")}}, "run.epochs is nan"),
        ({"architecture": ARCHITECTURE, "run": {"epochs": float("inf")}}, "run.epochs is inf"),
        ({"architecture": ARCHITECTURE, "run": {"epochs": 0.0}}, "run.epochs and refine.epochs are both 0"),
        ({"architecture": ARCHITECTURE, "run": {"epochs": 10**400}}, "run.epochs must be float"),
        ({"architecture": ARCHITECTURE, "run": {"seed": -1}}, "run.seed is -1"),
        ({"architecture": ARCHITECTURE, "run": {"flip": 1}}, "run.flip must be bool"),
        ({"architecture": ARCHITECTURE, "run": {"save_every": 0}}, "run.save_every is 0"),
        ({"architecture": ARCHITECTURE, "objective": {"beta": float("nan")}}, "objective.beta is nan"),
        ({"architecture": ARCHITECTURE, "objective": {"beta_warmup_epochs": -1}}, "beta_warmup_epochs is -1"),
        ({"architecture": ARCHITECTURE, "optimizer": {"warmup_steps": -1}}, "optimizer.warmup_steps is -1"),
        ({"architecture": ARCHITECTURE, "optimizer": {"weight_decay": -0.1}}, "optimizer.weight_decay is -0.1"),
        ({"architecture": ARCHITECTURE, "optimizer": {"learning_rate": 0}}, "optimizer.learning_rate is 0"),
        ({"architecture": ARCHITECTURE, "objective": {"reconstruction": "mes"}}, "no known term 'mes'"),
        ({"architecture": ARCHITECTURE, "objective": {"reconstruction": "-1 * l1"}}, "l1 must be a positive number"),
        ({"architecture": ARCHITECTURE, "objective": {"reconstruction": "two * l1"}}, "l1 must be a positive number"),
        (
            {"architecture": ARCHITECTURE, "objective": {"reconstruction": "bce"}},
            'output = "sigmoid"',
        ),
        ({"architecture": ARCHITECTURE, "refine": {"reconstruction": "l1 + bce"}}, 'output = "sigmoid"'),
        ({"architecture": ARCHITECTURE, "refine": {"freeze": "both"}}, "refine.freeze is 'both'"),
        ({"architecture": ARCHITECTURE, "refine": {"discriminator": []}}, "needs at least one layer"),
        ({"architecture": ARCHITECTURE, "refine": {"discriminator": [8, 0]}}, "refine.discriminator is 0"),
        ({"architecture": ARCHITECTURE, "objective": {"beta_increments": 3}}, "beta_increments must be a list"),
        ({"architecture": ARCHITECTURE, "objective": {"beta_increments": ["x"]}}, "beta_increments[0] must be float"),
        ({"architecture": ARCHITECTURE, "objective": {"beta_period_epochs": 0.5}}, "ends before beta has risen"),
        ({"architecture": ARCHITECTURE, "objective": {"beta_period_epochs": 1.0}}, "ends before beta has risen"),
        ({"architecture": ARCHITECTURE, "optimizer": {"name": "sgd"}}, "optimizer.name is 'sgd'"),
        ({"architecture": ARCHITECTURE, "objective": {"beta": -1}}, "objective.beta is -1"),
        ({"architecture": ARCHITECTURE, "optimizer": {"ema_decay": 1.0}}, "ema_decay is 1.0"),
        ({"architecture": ARCHITECTURE, "optimizer": 3}, "[optimizer] must be a table"),
        ({"architecture": {**ARCHITECTURE, "encode": [[8, 3, 3]]}}, "encode[0]: stride 3 does not divide 16x16"),
    ],
)
def test_what_is_wrong_is_named(table: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UserError) as caught:
        FitConfig.from_dict(table)
    assert complaint in str(caught.value)


@given(
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.floats(1e-12, 1e9),
    st.floats(0, 1, exclude_max=True),
    st.integers(1, 10**6),
    st.booleans(),
)
def test_any_valid_configuration_survives_toml(name: str, rate: float, decay: float, batch: int, flip: bool) -> None:
    table = {
        "architecture": {**ARCHITECTURE, "name": name},
        "optimizer": {"learning_rate": rate, "ema_decay": decay},
        "run": {"batch": batch, "flip": flip},
    }
    config = FitConfig.from_dict(table)
    assert FitConfig.from_toml(config.to_toml(), "again") == config


@given(st.text(max_size=40) | st.text("[]{}=\"'.#\n ab1", max_size=40))
def test_free_form_toml_is_refused_as_a_user_error(text: str) -> None:
    with pytest.raises(UserError):
        FitConfig.from_toml(text, "text")


json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["batch", "beta", "encode"]), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["objective", "optimizer", "run", "refine", "architecture"]), json))
def test_anything_else_is_refused_as_a_user_error(table: dict[str, Any]) -> None:
    for candidate in (table, {"architecture": ARCHITECTURE, **table}):
        try:
            FitConfig.from_dict(candidate)
        except UserError as error:
            lines = str(error).splitlines()
            assert len(lines) == 1


def test_unknown_preset_and_broken_toml_are_named(tmp_path: Any) -> None:
    with pytest.raises(UserError, match="neither a preset"):
        presets.load("no-such-preset")
    (tmp_path / "broken.toml").write_text("[run\n")
    with pytest.raises(UserError, match=r"broken\.toml: not valid TOML"):
        presets.load(str(tmp_path / "broken.toml"))
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(UserError, match=r"latin\.toml: cannot be read as TOML"):
        presets.load(str(tmp_path / "latin.toml"))
    for monster in ("x = " + "[" * 5000, "x = " + "1" * 5000):
        with pytest.raises(UserError, match="not valid TOML"):
            FitConfig.from_toml(monster, "monster")
