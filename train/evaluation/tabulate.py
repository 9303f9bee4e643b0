"""Figures as a small table for people. Every figure stands with its count and its split."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KINDS = {
    "atlas_samples": "samples, around atlas items",
    "aggregate_posterior_samples": "samples, one Gaussian",
    "prior_samples": "samples, prior N(0, I)",
    "reconstructions": "reconstructions",
}
FLOOR = "real images (the floor)"


def table(result: Mapping[str, Any], joint: str) -> str:
    """What ``train.evaluation.evaluate.measure`` gave, ``joint`` being the key of the figures of all sets together."""
    sets = {name: item for name, item in result.items() if name != joint}
    return "\n".join([*_reconstructions(sets), "", *_samples(result[joint])])


def _reconstructions(sets: Mapping[str, Any]) -> list[str]:
    head = f"{'data':<12} {'split':<10} {'images':>7} {'PSNR dB':>8} {'SSIM':>6} {'MS-SSIM':>8} {'L1 /255':>8} "
    lines = [head + f"{'sharp':>6} {'KL nats':>8} {'active':>7} {'bits/dim':>9}"]
    for name, item in sets.items():
        bits = item["bits_per_dim"]
        units = f"{item['active_units']}/{len(item['kl_per_dimension'])}"
        lines.append(
            f"{name:<12} {item['split']:<10} {item['count']:>7,} {item['psnr_db']:>8.2f} {item['ssim']:>6.3f} "
            f"{item['ms_ssim']:>8.3f} {item['l1']:>8.2f} {item['sharpness_ratio']:>6.3f} {item['kl_nats']:>8.1f} "
            f"{units:>7} {best_bits(bits) if bits else 'none':>9}"
        )
    scales = sorted({item["ms_ssim_scales"] for item in sets.values()})
    lines.append(
        f"MS-SSIM over {' or '.join(map(str, scales))} of 5 scales: smaller images have no room for the others"
    )
    if scales == [5]:
        lines.pop()
    for name, item in sets.items():
        if bits := item["bits_per_dim"]:
            lines.append(
                f"bits/dim of {name}: an upper bound, Laplace {bits['laplace']:.3f}, Gaussian {bits['gaussian']:.3f}, "
                f"scales from {bits['calibrated_on']:,} training images"
            )
        else:
            lines.append(f"bits/dim of {name}: none, its training split is empty")
    return lines


def best_bits(bits: Mapping[str, Any]) -> str:
    """The lower of the two bounds."""
    return f"{min(bits['laplace'], bits['gaussian']):.3f}"


def _samples(joint: Mapping[str, Any]) -> list[str]:
    if "left_out" in joint:
        return [f"left out: {joint['left_out']}"]
    found, near = joint["frechet"], joint["neighbours"]
    if "left_out" in found:
        lines = [f"Frechet distance left out: {found['left_out']}"]
    else:
        network = found["features"]
        lines = [
            f"Frechet distance to {found['against']}, {found['count']:,} images of each kind (not FID: a small "
            f"classifier's features)",
            *(f"  {title:<30} {found[name]:>9.3f}" for name, title in KINDS.items()),
            f"  {FLOOR:<30} {floor(found['real_images_floor'])}",
            f"  its task: {network['task']}; {network['training_images']:,} training images, {checked(network)}",
        ]
        if found["count"] < 2 * network_width(network):
            lines.append(f"  rough: {found['count']:,} images are few for {network_width(network)} features")
    lines.append(f"nearest of {near['training_images']:,} training images, {near['count']:,} of each kind against them")
    for space in ("pixels", "features"):
        if space in near:
            item = near[space]
            lines.append(
                f"  {space:<9} samples of one Gaussian {item['samples_mean']:.2f}, held-out images "
                f"{item['held_out_mean']:.2f}, their reconstructions {item['reconstructions_mean']:.2f}; "
                f"memorisation ratio {item['memorisation_ratio']:.2f} (to reconstructions "
                f"{item['ratio_to_reconstructions']:.2f})"
            )
    return lines


def floor(found: Mapping[str, Any]) -> str:
    """The distance of real images from real ones with its count, or why there is none."""
    if "left_out" in found:
        return f"left out: {found['left_out']}"
    return f"{found['distance']:>9.3f}  ({found['count']:,} held-out images against {found['count']:,} others)"


def checked(network: Mapping[str, Any]) -> str:
    """How well the feature network does its task."""
    if network["validation_auc"] is None:
        return "not checked, no validation images"
    return f"AUC {network['validation_auc']:.3f} on {network['validation_images']:,} validation images"


def network_width(network: Mapping[str, Any]) -> int:
    """Its number of features."""
    return int(network["features"])
