"""The trainable network, in PyTorch: the encoder's last layers and the heads. Training only.

In: states of the frozen layers, spans. Out: scores of anchors, pairs and pieces. `model.py` runs
the same arithmetic in numpy; a test holds the two together.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from extract.providers.embedded.encoder import Layer
from extract.providers.embedded.examples import CLASSES, SPAN_KINDS
from extract.providers.embedded.model import PAIR_FEATURES

SPAN_WIDTH = 192
PAIR_WIDTH = 96


class ByteDropout(nn.Module):
    """Dropout whose mask is drawn a byte a value: torch's own takes a fifth of a training step on two cores.

    Args:
        share: Of values set to zero; rounded to a 256th.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.limit = round(share * 256)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return values
        drawn = torch.empty(values.numel() // 8 + 1, dtype=torch.int64).random_(-(2**63), None).view(torch.uint8)
        kept = drawn[: values.numel()].view(values.shape) >= self.limit
        return values * (kept * (256 / (256 - self.limit)))


class EncoderLayer(nn.Module):
    """One BERT layer, as in `encoder.py`."""

    def __init__(self, layer: Layer, heads: int) -> None:
        super().__init__()
        self.heads = heads
        for name in Layer.__dataclass_fields__:
            self.register_parameter(name, nn.Parameter(torch.tensor(getattr(layer, name))))
        self.dropout = ByteDropout(0.1)

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        batch, count, width = states.shape
        size = width // self.heads
        mixed = (states @ self.qkv + self.qkv_bias).view(batch, count, 3, self.heads, size)
        query, key, value = (mixed[:, :, n].transpose(1, 2) for n in range(3))
        scores = query @ key.transpose(2, 3) / math.sqrt(size)
        scores = scores.masked_fill(~mask[:, None, None, :], float("-inf"))
        context = (self.dropout(scores.softmax(-1)) @ value).transpose(1, 2).reshape(batch, count, width)
        states = _norm(states + self.dropout(context @ self.out + self.out_bias), self.norm1, self.norm1_bias)
        inner = nn.functional.gelu(states @ self.up + self.up_bias)
        return _norm(states + self.dropout(inner @ self.down + self.down_bias), self.norm2, self.norm2_bias)


def _norm(values: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    return nn.functional.layer_norm(values, (values.shape[-1],), weight, bias, 1e-12)


class Heads(nn.Module):
    """What is read off the states: anchors' classes, pairs' roles, pieces' tags."""

    def __init__(self, width: int) -> None:
        super().__init__()
        # States are standardised before they are read: the encoder's have one direction in common.
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))
        self.kind = nn.Embedding(len(SPAN_KINDS), 16)
        self.span = nn.Linear(2 * width + 16, SPAN_WIDTH)
        self.classes = nn.Linear(SPAN_WIDTH + width, len(CLASSES))
        self.pair_in = nn.Linear(3 * SPAN_WIDTH + PAIR_FEATURES, PAIR_WIDTH)
        self.pair_out = nn.Linear(PAIR_WIDTH, 2)
        self.tags = nn.Linear(width, 3)
        self.dropout = nn.Dropout(0.3)
        # Most mentions are no record: start from there.
        nn.init.constant_(self.classes.bias, -5.0)
        nn.init.constant_(self.pair_out.bias, -1.5)

    def standardised(self, states: torch.Tensor) -> torch.Tensor:
        """States with the mean and spread that untrained ones have taken out."""
        return (states - self.mean) * self.scale

    def spans(self, states: torch.Tensor, pooling: torch.Tensor, kinds: torch.Tensor) -> torch.Tensor:
        """Vectors of one text's spans: mean and greatest of their pieces, and their kind.

        Args:
            states: (pieces, width).
            pooling: (spans, pieces), rows summing to one.
        """
        mean = pooling @ states
        spread = states[None].masked_fill((pooling == 0)[..., None], float("-inf")).amax(1)
        return nn.functional.gelu(self.span(self.dropout(torch.cat([mean, spread, self.kind(kinds)], -1))))

    def score_anchors(self, spans: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """Scores of the classes, from each span and the mean of its own sentence, shape (spans, width)."""
        return self.classes(self.dropout(torch.cat([spans, context], -1)))

    def score_pairs(self, spans: torch.Tensor, first: torch.Tensor, second: torch.Tensor, places: torch.Tensor) -> Any:
        one, other = spans[first], spans[second]
        joined = torch.cat([one, other, one * other, places], -1)
        return self.pair_out(nn.functional.gelu(self.pair_in(self.dropout(joined))))
