"""The three small networks: patch description network (teacher, student) and autoencoder, all of stride 8.

After EfficientAD (Batzner et al., WACV 2024), narrower and with strided convolutions, so that a processor can train
them in a minute.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

WIDTH = 48


class Patches(nn.Module):  # type: ignore[misc]  # torch is not typed here
    """Describes each patch of about 45 px: N x 3 x H x W to N x C x H/8 x W/8."""

    def __init__(self, channels: int) -> None:
        """Random weights (seed torch before)."""
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, WIDTH, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(WIDTH, 2 * WIDTH, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(2 * WIDTH, 2 * WIDTH, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(2 * WIDTH, 2 * WIDTH, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(2 * WIDTH, channels, 1),
        )

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Pixels around 0 in, descriptions out."""
        return torch.as_tensor(self.layers(batch))


class Autoencoder(nn.Module):  # type: ignore[misc]  # torch is not typed here
    """The whole photo through a narrow place: what it gives back is what belongs together on a good part."""

    def __init__(self, channels: int) -> None:
        """Random weights (seed torch before)."""
        super().__init__()
        steps: list[nn.Module] = []
        for inputs, outputs in ((3, 32), (32, 32), (32, 64), (64, 64), (64, 64)):
            steps += [nn.Conv2d(inputs, outputs, 4, stride=2, padding=1), nn.ReLU()]
        self.encode = nn.Sequential(*steps, nn.AdaptiveAvgPool2d(4), nn.Conv2d(64, 48, 4))
        self.begin = nn.Linear(48, 64 * 16)
        self.decode = nn.ModuleList(nn.Conv2d(64, 64, 3, padding=1) for _ in range(3))
        self.end = nn.Conv2d(64, channels, 3, padding=1)

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """N x 3 x H x W to N x C x H/8 x W/8."""
        height, width = batch.shape[-2] // 8, batch.shape[-1] // 8
        x = functional.relu(self.begin(self.encode(batch).flatten(1))).reshape(-1, 64, 4, 4)
        for number, layer in enumerate(self.decode):
            share = (number + 1) / len(self.decode)
            size = (max(4, round(4 + (height - 4) * share)), max(4, round(4 + (width - 4) * share)))
            x = functional.relu(layer(functional.interpolate(x, size=size, mode="bilinear")))
        return torch.as_tensor(self.end(functional.interpolate(x, size=(height, width), mode="bilinear")))
