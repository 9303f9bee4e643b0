"""What each floor of the house loads, measured in fresh processes: the quick commands must stay quick."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

WATCHED = {"numpy", "PIL", "rich", "rich_pixels", "safetensors", "platformdirs", "textual", "jax", "flax", "optax"} | {
    "orbax", "tyro", "sklearn", "train", "cv2", "textual_image"
}  # fmt: skip


def loaded_by(code: str) -> tuple[set[str], set[str]]:
    """The watched libraries, and the program's own modules, that running ``code`` in a new process has loaded."""
    report = "\nimport json, sys; print('\\n@', json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code + report], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    modules = json.loads(run.stdout.rpartition("@")[2])
    return WATCHED & {name.split(".")[0] for name in modules}, {name for name in modules if name.startswith("tui_vae")}


@pytest.mark.parametrize(
    ("code", "may_load"),
    [
        ("import tui_vae", ""),
        ("import tui_vae.errors", ""),
        ("import tui_vae.app.actions", ""),
        ("from tui_vae.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass", ""),
        ("from tui_vae.cli import main\ntry: main(['render', '--help'])\nexcept SystemExit: pass", ""),
        ("from tui_vae.cli import main\ntry: main(['--version'])\nexcept SystemExit: pass", ""),
        ("from tui_vae.cli import main\nassert main(['keys']) == 0", "platformdirs"),
        ("import tui_vae.paths", "platformdirs"),
        ("import tui_vae.model.architecture", ""),
        ("import tui_vae.model.checkpoint", "numpy safetensors"),
        (
            "import tui_vae.latent.axes, tui_vae.latent.explorer, tui_vae.latent.history, tui_vae.latent.journey, "
            "tui_vae.latent.space, tui_vae.latent.search, tui_vae.latent.motion, tui_vae.latent.map, "
            "tui_vae.latent.tokens, tui_vae.latent.effects, tui_vae.latent.fingerprint",
            "numpy",
        ),
        ("import tui_vae.terminal.colour", "numpy"),
        ("import tui_vae.terminal.halfblock", "numpy PIL rich rich_pixels"),
        ("import tui_vae.pictures", "numpy PIL"),
        ("import tui_vae.render.output, tui_vae.render.takes", "numpy PIL rich"),
        ("import tui_vae.photo", ""),
        ("import tui_vae.photo.choosing, tui_vae.photo.camera", "numpy PIL cv2"),
        (
            "from tui_vae.cli import main\nassert main(['render', '--photo', 'none', '--face', '0']) == 2",
            "platformdirs",
        ),
        ("import tui_vae.api\ntui_vae.VAE, tui_vae.load", "numpy safetensors platformdirs"),
        ("import tui_vae.app.run, tui_vae.app.model", "numpy platformdirs"),
        ("import train.config", "train"),
    ],
)
def test_a_module_loads_no_more_than_it_needs(code: str, may_load: str) -> None:
    libraries, _ = loaded_by(code)
    assert libraries <= set(may_load.split())


@pytest.mark.parametrize(
    ("code", "must_not_load"),
    [
        ("import tui_vae.app.app", "jax flax optax orbax train"),  # the preview is painted before JAX has loaded
        ("import tui_vae.model.engine", "textual train tyro sklearn"),
        ("import train.losses, train.schedule, train.step, train.evaluation.metrics", "textual tyro sklearn"),
        ("import train.fit", "textual tyro sklearn"),
    ],
)
def test_a_module_leaves_the_heavy_ones_alone(code: str, must_not_load: str) -> None:
    libraries, _ = loaded_by(code)
    assert not libraries & set(must_not_load.split())


@pytest.mark.parametrize(
    ("code", "floors"),
    [
        ("import tui_vae.latent.explorer", "latent"),
        ("import tui_vae.terminal.halfblock", "terminal"),
        ("import tui_vae.photo.choosing, tui_vae.photo.camera", "photo model errors files pictures"),
        ("import tui_vae.model.inversion", "model errors files"),
        ("import tui_vae.model.checkpoint", "model errors files"),
        ("import tui_vae.model.networks", "model errors"),
        ("import tui_vae.model.engine", "model errors files paths"),
    ],
)
def test_a_floor_knows_no_other(code: str, floors: str) -> None:
    _, modules = loaded_by(code)
    assert {name.split(".")[1] for name in modules if "." in name} <= set(floors.split())


def test_opening_a_checkpoint_and_its_space_loads_no_jax(tiny_path: object) -> None:
    libraries, _ = loaded_by(
        f"import tui_vae\nvae = tui_vae.load({str(tiny_path)!r})\nvae.space.sample(0); vae.preview; vae.name"
    )
    assert libraries == {"numpy", "safetensors", "platformdirs"}


def test_info_loads_neither_textual_nor_jax(tiny_path: object) -> None:
    libraries, _ = loaded_by(f"from tui_vae.cli import main\nassert main(['info', {str(tiny_path)!r}]) == 0")
    assert libraries == {"numpy", "safetensors", "platformdirs"}


def test_the_package_has_no_other_names() -> None:
    import tui_vae

    with pytest.raises(AttributeError, match="no attribute 'decode'"):
        _ = tui_vae.decode
