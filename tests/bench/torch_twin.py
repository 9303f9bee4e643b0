"""The same networks, loss and step in PyTorch, for `bench_train.py` to measure against."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (its usual name)
from torch import Tensor, nn

from train.config import FitConfig
from train.losses import MIN_SCALE, PYRAMID_LEVELS, _reduce
from tui_vae.model.architecture import Architecture
from tui_vae.model.networks import LOG_VARIANCE_RANGE


class Block(nn.Module):
    """A residual block."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, kernel, padding="same")
        self.second = nn.Conv2d(channels, channels, kernel, padding="same")

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.silu(self.first(F.silu(x))))


class Twin(nn.Module):
    """Encoder and decoder of a convolutional architecture with SiLU and a linear output; weights by `port`."""

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        shapes, steps = arch.encoder_shapes(), arch.decoder_shapes()
        self.arch, self.bottom = arch, steps[0]
        self.down = nn.ModuleList(
            nn.Conv2d(before[2], layer.channels, layer.kernel, layer.stride)
            for before, layer in zip(shapes, arch.encode, strict=False)
        )
        self.down_blocks = nn.ModuleList(
            nn.ModuleList(Block(layer.channels, layer.kernel) for _ in range(layer.blocks)) for layer in arch.encode
        )
        size = int(np.prod(shapes[-1]))
        self.mean, self.log_variance = nn.Linear(size, arch.latent), nn.Linear(size, arch.latent)
        self.stem = nn.Linear(arch.latent, int(np.prod(self.bottom)))
        self.up = nn.ModuleList(
            nn.Conv2d(layer.channels, after[2] * layer.stride**2, layer.kernel, padding="same")
            for layer, after in zip(arch.decode, steps[1:], strict=True)
        )
        self.up_blocks = nn.ModuleList(
            nn.ModuleList(Block(layer.channels, layer.kernel) for _ in range(layer.blocks)) for layer in arch.decode
        )

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        x = (images - 0.5) * 4.0
        for layer, conv, blocks in zip(self.arch.encode, self.down, self.down_blocks, strict=True):
            missing = layer.kernel - layer.stride  # "SAME" of XLA: what is missing goes to the end
            x = F.silu(conv(F.pad(x, (missing // 2, missing - missing // 2) * 2)))
            for block in blocks:
                x = block(x)
        flat = x.permute(0, 2, 3, 1).flatten(1)
        return self.mean(flat), self.log_variance(flat).clamp(*LOG_VARIANCE_RANGE)

    def decode(self, z: Tensor) -> Tensor:
        height, width, channels = self.bottom
        x = self.stem(z).view(-1, height, width, channels).permute(0, 3, 1, 2)  # in memory: channels last
        for layer, conv, blocks in zip(self.arch.decode, self.up, self.up_blocks, strict=True):
            x = F.silu(x)
            for block in blocks:
                x = block(x)
            x = F.pixel_shuffle(conv(x), layer.stride)
        return x + 0.5


def port(twin: Twin, weights: dict[str, np.ndarray]) -> None:
    """Give the twin our weights."""
    with torch.no_grad():
        for name, module in (("encoder/mean", twin.mean), ("encoder/log_variance", twin.log_variance)):
            _linear(module, weights, name)
        _linear(twin.stem, weights, "decoder/stem")
        for side, convs, stacks in (
            ("encoder", twin.down, twin.down_blocks),
            ("decoder", twin.up, twin.up_blocks),
        ):
            for index, (conv, blocks) in enumerate(zip(convs, stacks, strict=True)):
                prefix = f"{side}/layers/{index}"
                _conv(conv, weights, f"{prefix}/conv", twin.arch.decode[index].stride if side == "decoder" else 1)
                for number, block in enumerate(blocks):
                    _conv(block.first, weights, f"{prefix}/blocks/{number}/first")
                    _conv(block.second, weights, f"{prefix}/blocks/{number}/second")


def _linear(module: nn.Linear, weights: dict[str, np.ndarray], name: str) -> None:
    module.weight.copy_(torch.from_numpy(weights[f"{name}/kernel"].T.copy()))
    module.bias.copy_(torch.from_numpy(weights[f"{name}/bias"].copy()))


def _conv(module: nn.Conv2d, weights: dict[str, np.ndarray], name: str, stride: int = 1) -> None:
    # Ours puts the sub-pixel before the channel, pixel_shuffle the channel before the sub-pixel.
    kernel, bias = weights[f"{name}/kernel"], weights[f"{name}/bias"]
    order = np.arange(len(bias)).reshape(stride**2, -1).T.reshape(-1)
    module.weight.copy_(torch.from_numpy(kernel.transpose(3, 2, 0, 1)[order].copy()))
    module.bias.copy_(torch.from_numpy(bias[order].copy()))


def loss_of(twin: Twin, images: Tensor, noise: Tensor) -> Tensor:
    """The calibrated pyramid plus the KL, per pixel value, of (N, C, H, W) in [0, 1]."""
    with torch.autocast("cuda", torch.bfloat16, enabled=images.is_cuda):
        mean, log_variance = (part.float() for part in twin.encode(images))
        outputs = twin.decode(mean + torch.exp(0.5 * log_variance) * noise).float()
    bands = _pyramid(images - outputs)
    sizes = [band[0].numel() for band in bands]
    shrink = images[0].numel() / sum(sizes)
    nats = sum(
        shrink * size * (torch.log(2 * band.abs().mean().clamp_min(MIN_SCALE)) + 1)
        for size, band in zip(sizes, bands, strict=True)
    )
    kl = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).mean(0).sum()
    return (nats + kl) / images[0].numel()


def _pyramid(x: Tensor) -> list[Tensor]:
    bands = []
    for _ in range(PYRAMID_LEVELS):
        if min(x.shape[2:]) < 4:
            break
        rows, columns = (torch.from_numpy(_reduce(size)).to(x.device) for size in x.shape[2:])
        low = rows @ x @ columns.T
        bands.append(x - 4.0 * (rows.T @ low @ columns))
        x = low
    return [*bands, x]


def make_step(
    config: FitConfig, weights: dict[str, np.ndarray], compiled: bool, device: str = "cpu"
) -> Callable[[Tensor], Tensor]:
    """A training step on uint8 batches (N, H, W, C): flips, AdamW, clipping, averaged weights; returns the loss.

    On CUDA the networks compute in bfloat16, as ours do there.
    """
    twin = Twin(config.architecture)
    port(twin, weights)
    twin = twin.to(device, memory_format=torch.channels_last)
    parameters = list(twin.parameters())
    average = [value.detach().clone() for value in parameters]
    settings = config.optimizer
    optimizer = torch.optim.AdamW(parameters, settings.learning_rate, weight_decay=settings.weight_decay, fused=True)
    loss_function = torch.compile(loss_of) if compiled else loss_of

    def step(batch: Tensor) -> Tensor:
        images = batch.permute(0, 3, 1, 2).float() / 255
        flipped = torch.rand(len(images), 1, 1, 1, device=device) < 0.5
        images = torch.where(flipped, images.flip(3), images).contiguous(memory_format=torch.channels_last)
        noise = torch.randn(len(images), config.architecture.latent, device=device)
        loss = loss_function(twin, images, noise)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, settings.clip_norm, foreach=True)
        optimizer.step()
        torch._foreach_lerp_(average, parameters, 1 - settings.ema_decay)
        return loss.detach()

    return step
