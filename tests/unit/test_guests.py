"""Somebody's own functions as models: every form of image, every way to be wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tui_vae import explore
from tui_vae.errors import UserError
from tui_vae.guests import FunctionModel, open_function, resized

LATENT = 5
WEIGHTS = np.random.default_rng(0).standard_normal((LATENT, 6 * 8 * 3)).astype(np.float32)


def rgb(z: Any) -> Any:
    """float32 (N, 6, 8, 3) in 0..1."""
    return 1 / (1 + np.exp(-(z @ WEIGHTS).reshape(-1, 6, 8, 3)))


def opened(decode: Callable[[Any], Any], **settings: Any) -> FunctionModel:
    return open_function(decode, **({"latent_dim": LATENT} | settings))


FORMS: dict[str, Callable[[Any], Any]] = {
    "float NHWC": rgb,
    "float64 NCHW": lambda z: rgb(z).transpose(0, 3, 1, 2).astype(np.float64),
    "float16 NHWC": lambda z: rgb(z).astype(np.float16),
    "uint8 NHWC": lambda z: np.round(rgb(z) * 255).astype(np.uint8),
    "uint8 NCHW": lambda z: np.round(rgb(z) * 255).astype(np.uint8).transpose(0, 3, 1, 2),
    "JAX": jax.jit(lambda z: jax.nn.sigmoid((z @ WEIGHTS).reshape(-1, 6, 8, 3))),
    "JAX bfloat16": lambda z: jnp.asarray(rgb(z), jnp.bfloat16),
    "a list": lambda z: rgb(z).tolist(),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_picture(form: str) -> None:
    model = opened(FORMS[form])
    z = model.space.atlas.latents[:3]
    images = model.decode(z)
    assert images.dtype == np.uint8 and images.shape == (3, 6, 8, 3)
    rounding = 2 if form == "JAX bfloat16" else 1
    np.testing.assert_allclose(images.astype(int), np.round(255 * rgb(z)), atol=rounding)
    np.testing.assert_array_equal(model.preview, model.decode(model.space.mean[None])[0])
    assert model.encode is None


@pytest.mark.parametrize("shape", [(6, 8), (6, 8, 1), (1, 6, 8)])
def test_grey_pictures(shape: tuple[int, ...]) -> None:
    model = opened(lambda z: rgb(z)[..., 0].reshape(-1, *shape))
    z = model.space.atlas.latents[:2]
    np.testing.assert_array_equal(model.decode(z), np.round(255 * rgb(z)[..., :1]))


@pytest.mark.parametrize("grid", [(4, 4), (3, 5), (20, 31), (6, 8)])
def test_pictures_are_resized_as_the_jax_decoder_does(grid: tuple[int, int]) -> None:
    model = opened(rgb)
    z = model.space.atlas.latents[:2]
    images = np.asarray(jax.image.resize(rgb(z), (2, *grid, 3), "cubic", antialias=True))
    np.testing.assert_allclose(np.stack([resized(image, grid) for image in rgb(z)]), images, atol=2e-3)
    np.testing.assert_allclose(model.decode(z, grid).astype(int), np.round(np.clip(images, 0, 1) * 255), atol=1)


@pytest.mark.parametrize("form", ["float64 NCHW", "uint8 NHWC"])
def test_an_encoder_gets_what_the_decoder_gives(form: str) -> None:
    seen: list[Any] = []

    def encode(images: Any) -> Any:
        seen.append(images)
        return images.reshape(len(images), -1)[:, :LATENT]

    model = opened(FORMS[form], encode=encode)
    assert model.encode is not None
    z = model.space.atlas.latents[:2]
    assert model.encode(model.decode(z)).shape == (2, LATENT)
    given = FORMS[form](z)
    assert seen[0].shape == given.shape and seen[0].dtype == (np.uint8 if form.startswith("uint8") else np.float32)
    np.testing.assert_allclose(seen[0], given, atol=0.003)


def test_an_encoder_that_gives_something_else_is_told() -> None:
    model = opened(rgb, encode=lambda images: np.zeros((len(images), 3)))
    assert model.encode is not None
    with pytest.raises(UserError, match=re.escape("the encoder gave float64 (1, 3); expected 1 x 5 finite numbers")):
        model.encode(model.preview[None])


def test_a_function_may_write_into_its_argument() -> None:
    def decode(z: Any) -> Any:
        z *= 0
        return rgb(z)

    model = opened(decode)
    z = model.space.atlas[3]
    model.decode(z[None])
    np.testing.assert_array_equal(z, model.space.atlas[3])


@pytest.mark.parametrize(
    ("decode", "says"),
    [
        (
            lambda z: rgb(z).astype(int),
            "the decoder gave int64 (2, 6, 8, 3) for 2 latents; expected float (0 to 1) or uint8",
        ),
        (
            lambda z: rgb(z)[0],
            "the decoder gave float32 (6, 8, 3) for 2 latents; expected (2, H, W, C), (2, C, H, W) or",
        ),
        (lambda z: rgb(z)[:1], "the decoder gave float32 (1, 6, 8, 3) for 2 latents; expected (2, H, W, C)"),
        (lambda z: rgb(z).reshape(2, -1), "the decoder gave float32 (2, 144) for 2 latents; expected (2, H, W, C)"),
        (lambda z: rgb(z)[..., :2], "the decoder gave float32 (2, 6, 8, 2) for 2 latents; expected (2, H, W, C)"),
        (lambda z: rgb(z)[:, :3], "the decoder gave float32 (2, 3, 8, 3) for 2 latents: the channels could be"),
        (lambda z: rgb(z)[:, :0], "the decoder gave float32 (2, 0, 8, 3) for 2 latents; expected (2, H, W, C)"),
        (lambda z: 2 * rgb(z) - 1, "expected 0 to 1 (or uint8)"),
        (lambda z: 255 * rgb(z), "expected 0 to 1 (or uint8)"),
        (lambda z: rgb(z) * np.nan, "the decoder gave pixels that are NaN or infinite; expected 0 to 1"),
        (lambda z: None, "the decoder gave object () for 2 latents; expected float (0 to 1) or uint8"),
        (lambda z: "text", "for 2 latents; expected float (0 to 1) or uint8"),
    ],
)
def test_what_is_no_image_is_refused(decode: Callable[[Any], Any], says: str) -> None:
    with pytest.raises(UserError) as caught:
        opened(decode)
    assert says in str(caught.value) and "\n" not in str(caught.value)


def test_a_function_that_changes_its_mind_is_told() -> None:
    answers: list[Any] = []
    model = opened(lambda z: answers.pop() if answers else rgb(z))
    z = model.space.atlas.latents[:1]
    for answer, says in [
        (rgb(z)[:, 1:], "the decoder gave images of shape (1, 5, 8, 3) for 1 latents; expected (1, 6, 8, 3)"),
        (np.zeros((1, 6, 8, 3), np.uint8), "the decoder gave uint8; expected float again"),
        (rgb(z) * np.inf, "the decoder gave pixels that are NaN or infinite; expected 0 to 1"),
    ]:
        answers.append(answer)
        with pytest.raises(UserError, match=re.escape(says)):
            model.decode(z)
    answers.append(3 * rgb(z))  # far out a decoder without a sigmoid overshoots
    assert model.decode(z).max() == 255


def failing(z: Any) -> Any:
    raise ValueError("no such\x1b[31m weight\nand a second line")


def test_an_exception_is_one_line_with_its_place_and_a_traceback_in_a_file(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "traceback.txt"
    with pytest.raises(UserError) as caught:
        opened(failing, log=log)
    line = failing.__code__.co_firstlineno + 1
    said = str(caught.value)
    assert said == f"the decoder raised ValueError: no such\ufffd[31m weight ({__file__}:{line}); traceback: {log}"
    assert "and a second line" in log.read_text() and "Traceback (most recent call last)" in log.read_text()


def test_the_traceback_can_be_had_at_once() -> None:
    with pytest.raises(UserError, match=r"(?s)ValueError: no such.*\nTraceback .*and a second line"):
        opened(failing)


def test_a_log_that_cannot_be_written_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError) as caught:
        opened(failing, log=tmp_path / "file" / "traceback.txt")
    assert str(caught.value).endswith(f"({__file__}:{failing.__code__.co_firstlineno + 1})")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"latent_dim": None}, "how many latents does the decoder take?"),
        ({"names": ["a"]}, "names and labels are of latents: give these too"),
        ({"latents": np.zeros((3, 4))}, "latents of shape (3, 4) do not have latent_dim = 5 numbers each"),
        ({"latents": np.full((3, 5), np.nan)}, "latents: 3 of 3 rows hold NaN or infinity (first: row 0)"),
        ({"latent_dim": 0}, "0 latents: from 1 to 4,096 are supported"),
        ({"encode": 3}, "the encoder is no function but a int"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(UserError, match=re.escape(says)):
        opened(rgb, **settings)


def test_names_and_labels_reach_the_space() -> None:
    rng = np.random.default_rng(1)
    latents = rng.standard_normal((60, LATENT)).astype(np.float32)
    labels = {"left": latents[:, 0] < 0}
    model = open_function(rgb, jnp.asarray(latents), names=[f"a\tface {n}" for n in range(60)], labels=labels)
    assert model.name == "rgb" and opened(lambda z: rgb(z)).name == "decoder"
    assert model.space.atlas.names[1] == "a\ufffdface 1"
    assert model.space.axes[2].labels == ("left",)


def test_explore_needs_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="explore needs a terminal"):
        explore(rgb, latent_dim=LATENT)
    with pytest.raises(UserError, match="the decoder is no function but a int"):
        explore(3)  # type: ignore[arg-type]


def test_the_example_of_the_documentation() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    page = Path(__file__).parents[2] / "docs" / "own-decoder.md"
    code = re.search(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {"__name__": "example"}
    exec(code[1], names)
    model = open_function(names["decode"], latent_dim=16)
    z = model.space.atlas.latents[:4]
    expected = names["decoder"](torch.from_numpy(z)).detach().numpy().reshape(4, 3, 32, 32).transpose(0, 2, 3, 1)
    np.testing.assert_allclose(model.decode(z).astype(int), np.round(255 * expected), atol=1)


@pytest.mark.parametrize("kind", ["float32", "bfloat16", "uint8"])
def test_pytorch_tensors_of_any_kind(kind: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")

    def decode(z: Any) -> Any:
        images = torch.from_numpy(rgb(z)).requires_grad_()
        return (255 * images).round().to(torch.uint8) if kind == "uint8" else images.to(getattr(torch, kind))

    model = opened(decode)
    z = model.space.atlas.latents[:2]
    np.testing.assert_allclose(model.decode(z).astype(int), np.round(255 * rgb(z)), atol=2)
