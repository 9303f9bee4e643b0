from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_vae.errors import UserError
from tui_vae.model.architecture import Architecture, Layer

BASE: dict[str, Any] = {"name": "x", "input": [64, 48, 3], "latent": 16, "encode": [[8], [16, 5, 2, 1], [32, 3, 1]]}


def test_shapes_are_worked_out_from_the_image_down_and_from_the_latent_up() -> None:
    arch = Architecture.from_dict(BASE)
    assert arch.encoder_shapes() == [(64, 48, 3), (32, 24, 8), (16, 12, 16), (16, 12, 32)]
    assert arch.decoder_shapes() == [(16, 12, 32), (16, 12, 16), (32, 24, 8), (64, 48, 3)]
    assert arch.decode == tuple(reversed(arch.encode))
    assert arch.encode[1] == Layer(channels=16, kernel=5, stride=2, blocks=1)


def test_parameters_are_counted_as_on_paper() -> None:
    arch = Architecture.from_dict({"input": [8, 8, 1], "latent": 2, "encode": [[4, 3, 2]]})
    encoder = (3 * 3 * 1 * 4 + 4) + 2 * (4 * 4 * 4 * 2 + 2)
    decoder = (2 * 64 + 64) + (3 * 3 * 4 * 4 + 4)
    assert arch.parameter_count("encoder") == encoder
    assert arch.parameter_count("decoder") == decoder
    assert arch.parameter_count() == encoder + decoder


def test_dict_toml_and_json_say_the_same(tmp_path: Path) -> None:
    arch = Architecture.from_dict(BASE)
    assert Architecture.from_dict(arch.to_dict()) == arch
    (tmp_path / "a.json").write_text(json.dumps(BASE))
    (tmp_path / "a.toml").write_text(
        '[architecture]\nname = "x"\ninput = [64, 48, 3]\nlatent = 16\n'
        "encode = [{channels = 8}, {channels = 16, kernel = 5, blocks = 1}, [32, 3, 1]]\n"
    )
    assert Architecture.from_file(tmp_path / "a.json") == Architecture.from_file(tmp_path / "a.toml") == arch


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"input": [64, 64]}, "input must be [height, width, channels]"),
        ({"input": [64, 64, 2]}, "input has 2 channels"),
        ({"input": [64.0, 64, 3]}, "input height must be a whole number"),
        ({"input": [2, 64, 3]}, "input height is 2"),
        ({"latent": 0}, "latent is 0"),
        ({"latent": True}, "latent must be a whole number"),
        ({"encode": []}, "encode needs at least one layer"),
        ({"encode": 8}, "encode must be a list of layers"),
        ({"dense": 8}, "dense must be a list of widths"),
        ({"dense": [0]}, "dense[0] is 0"),
        ({"dense": [8.5]}, "dense[0] must be a whole number"),
        ({"activation": "tanh"}, "activation is 'tanh'; known are silu, gelu, relu"),
        ({"output": 1}, "output is 1; known are linear, sigmoid"),
        ({"encode": [[8], [0]]}, "encode[1] channels is 0"),
        ({"encode": [[8, 99]]}, "encode[0] kernel is 99"),
        ({"encode": [[8, 3, 2, -1]]}, "encode[0] blocks is -1"),
        ({"encode": [[8], [8], [8], [8], [8]]}, "encode[4]: stride 2 does not divide 4x3"),
        ({"encode": [{"channels": 8, "stirde": 2}]}, "encode[0]: a layer has"),
        ({"encode": ["8"]}, "encode[0]: a layer is"),
        ({"decode": [[8, 3, 2], [8, 3, 5]]}, "decode[1]: stride 5 cannot lead to 64x48"),
        ({"decode": [[8, 3, "2"]]}, "decode[0] stride must be a whole number"),
        ({"extra": 1}, "unknown field 'extra'"),
        ({"encode": [[4096, 15, 1], [4096, 15, 1]]}, "weights; at most"),
    ],
)
def test_errors_name_the_layer(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UserError) as caught:
        Architecture.from_dict({**BASE, **change})
    assert complaint in str(caught.value)


@pytest.mark.parametrize("field", ["input", "latent", "encode"])
def test_missing_fields_are_named(field: str) -> None:
    with pytest.raises(UserError, match=f"'{field}' is missing"):
        Architecture.from_dict({key: value for key, value in BASE.items() if key != field})


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read the architecture"):
        Architecture.from_file(tmp_path / "missing.toml")
    for text in ("[", "[1, 2]"):
        (tmp_path / "a.json").write_text(text)
        with pytest.raises(UserError, match=r"a\.json"):
            Architecture.from_file(tmp_path / "a.json")


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 300) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=10,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("name", "input", "latent", "encode", "decode"), anything)))
def test_free_form_input_gives_an_architecture_or_a_user_error(table: dict[str, Any]) -> None:
    for candidate in (table, {**BASE, **table}):
        try:
            arch = Architecture.from_dict(candidate)
        except UserError:
            continue
        assert arch.decoder_shapes()[-1] == arch.input
