"""A checkpoint's figures in words, whoever measured them."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tui_vae.about import figures

NAMES = ("faces", "all sets", "kl_nats", "active_units", "frechet", "neighbours", "pixels", "count", "mean", "split")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)


def test_figures_stand_with_units_and_counts() -> None:
    item = {
        "split": "test",
        "count": 1425,
        "psnr_db": 23.801,
        "ssim": 0.71249,
        "l1": 11.873,
        "kl_nats": 405.66,
        "ms_ssim_scales": 3,
        "bits_per_dim": {"laplace": 3.456, "gaussian": 3.5, "laplace_scale": 1.0},
    }
    joint = {
        "split": "test",
        "count": 700,
        "frechet": {"count": 700, "prior_samples": 30.0, "real_images_floor": {"distance": 0.5, "count": 700}},
        "neighbours": {"count": 256, "pixels": {"memorisation_ratio": 0.987}},
    }
    metrics = {"faces": item, "all sets": joint, "kl_nats": {"mean": 406.08, "count": 2068}, "active_units": 128}
    assert figures(metrics) == [
        (
            "on faces",
            "PSNR 23.80 dB, SSIM 0.712, L1 11.87 of 255, KL 405.7 nats, at most 3.46 bits/dim (1,425 test images)",
        ),
        ("KL", "406.1 nats per image, 128 units active (2,068 images)"),
        ("Frechet", "30.00 samples of the prior, 0.50 real images (700 images of each kind; not FID)"),
        ("memorisation", "0.99 (1: as far from training images as unseen images are)"),
    ]


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=5))
def test_any_table_can_be_told(metrics: dict[str, Any]) -> None:
    assert all(isinstance(part, str) for fact in figures(metrics) for part in fact)


def test_what_is_no_figure_is_left_out() -> None:
    assert figures({"faces": {"psnr_db": True, "ssim": float("nan"), "l1": "low", "kl_nats": 10**400}}) == []
