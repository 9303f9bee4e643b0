"""The maps that find eyes: fitted to faces that are all in one frame, they put wrong guesses right."""

from __future__ import annotations

import numpy as np
import pytest

import tui_vae
from train import eyes
from tui_vae.model.frame import Frame
from tui_vae.photo.align import as_channels
from tui_vae.photo.eyes import refined


def test_each_step_comes_nearer(capsys: pytest.CaptureFixture[str]) -> None:
    vae = tui_vae.load("faces")
    images = vae.decode(vae.space.atlas.latents[:48])
    frame = Frame()
    linear = eyes.fit(images[:36], frame, views=8)
    assert linear.shape[0] == eyes.STEPS
    printed = [float(line.split(" by ")[1].split()[0]) for line in capsys.readouterr().out.splitlines()]
    assert printed[-1] < 0.5 * printed[0]
    rng = np.random.default_rng(5)
    truth = frame.eyes(64, 64)
    begun, ended = [], []
    for image in images[36:]:  # faces that were not fitted to
        guess = eyes.guess(truth, rng)
        found = refined(as_channels(image, 1), guess, linear)
        begun.append(abs(guess[0] - truth[0]))
        ended.append(abs(found[0] - truth[0]))
    assert np.mean(ended) < 0.65 * np.mean(begun)


def test_a_folder_that_was_not_prepared_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert eyes.main(["nothing"]) == 2
    assert "not a prepared folder" in capsys.readouterr().err
