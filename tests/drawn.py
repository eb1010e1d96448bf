"""A network with weights drawn from a seed: small ones for tests, since ours begin without any."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def drawn(network: Network, seed: int = 0) -> Network:
    """The network with every weight drawn, those of norms about one."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            scale = 0.02 if name.endswith("bias") or "norm" in name else weight.shape[-1] ** -0.5
            weight.copy_(torch.randn(weight.shape, generator=generator) * scale)
            if "norm" in name and name.endswith("weight"):
                weight.add_(1)
    return network
