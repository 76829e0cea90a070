"""A multilingual sentence encoder in numpy: one vector for every piece of a text.

In: piece ids. Out: states, float32, shape (pieces, width). The network is multilingual-e5-small
(Wang et al. 2024, MIT licence), a BERT encoder, with its vocabulary cut to the scripts that
Pledgebook reads and its last layers trained further; see benchmarks/embedded.md. Weights are
plain arrays. What the states mean belongs to `model.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
BLOCK = 32


@dataclass(frozen=True)
class Layer:
    """Weights of one layer; matrices are (in, out)."""

    qkv: Floats
    qkv_bias: Floats
    out: Floats
    out_bias: Floats
    norm1: Floats
    norm1_bias: Floats
    up: Floats
    up_bias: Floats
    down: Floats
    down_bias: Floats
    norm2: Floats
    norm2_bias: Floats


class Encoder:
    """The network, ready to run.

    Args:
        arrays: Weights by name, as `training.py` writes them.
    """

    def __init__(self, arrays: Any) -> None:
        self.width = int(arrays["meta"][0])
        self.heads = int(arrays["meta"][2])
        self.max_pieces = int(arrays["meta"][3]) - 2
        self._words_scale = arrays["words.scale"]
        self._words_codes = arrays["words.codes"]
        self._positions = arrays["positions"].astype(np.float32)
        self._norm = arrays["embedding.norm"].astype(np.float32)
        self._norm_bias = arrays["embedding.norm_bias"].astype(np.float32)
        self._layers = [_layer(arrays, n) for n in range(int(arrays["meta"][1]))]

    def __call__(self, ids: npt.NDArray[np.int64]) -> Floats:
        """States of one text.

        Args:
            ids: Piece ids with the start and end pieces, shape (n,), n at most `max_pieces` + 2.

        Returns:
            Last layer's states, shape (n, width).
        """
        states = dequantise(self._words_scale[ids], self._words_codes[ids]) + self._positions[: len(ids)]
        states = _normalise(states, self._norm, self._norm_bias)
        for layer in self._layers:
            states = self._run(layer, states)
        return states

    def _run(self, layer: Layer, states: Floats) -> Floats:
        count, size = states.shape[0], self.width // self.heads
        mixed = (states @ layer.qkv + layer.qkv_bias).reshape(count, 3, self.heads, size)
        query, key = mixed[:, 0].transpose(1, 0, 2), mixed[:, 1].transpose(1, 2, 0)
        value = mixed[:, 2].transpose(1, 0, 2)
        scores = query @ key
        scores /= math.sqrt(size)
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        context: Floats = (scores @ value).transpose(1, 0, 2).reshape(count, self.width)
        states = _normalise(states + context @ layer.out + layer.out_bias, layer.norm1, layer.norm1_bias)
        inner = gelu(states @ layer.up + layer.up_bias)
        return _normalise(states + inner @ layer.down + layer.down_bias, layer.norm2, layer.norm2_bias)


def dequantise(scale: npt.NDArray[np.float16], codes: npt.NDArray[np.uint8]) -> Floats:
    """Rows of 4-bit blocks to floats.

    Args:
        scale: Shape (rows, blocks).
        codes: Shape (rows, blocks, 16): two weights a byte, the first half of a block low.

    Returns:
        Shape (rows, blocks * 32).
    """
    weights = np.concatenate([codes & 15, codes >> 4], axis=-1).astype(np.float32) - 8.0
    weights *= scale[..., None].astype(np.float32)
    return weights.reshape(weights.shape[0], -1)


# Of the polynomial, from the highest power down.
_ERF = tuple(map(np.float32, (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)))
_ROWS = 16


def gelu(values: Floats) -> Floats:
    """x times the normal distribution function of x, by Abramowitz and Stegun's 7.1.26 (error below 2e-7).

    A few rows at a time and in place: twelve steps over the whole would wait for memory in each.
    """
    activated = np.empty_like(values)
    for first in range(0, len(values), _ROWS):
        some = values[first : first + _ROWS]
        scaled = np.abs(some)
        scaled *= np.float32(0.7071067811865476)
        t = scaled * np.float32(0.3275911)
        t += np.float32(1)
        np.reciprocal(t, out=t)
        erf = t * _ERF[0]
        for factor in _ERF[1:]:
            erf += factor
            erf *= t
        np.multiply(scaled, -scaled, out=scaled)
        np.exp(scaled, out=scaled)
        erf *= scaled
        np.subtract(np.float32(1), erf, out=erf)
        np.copysign(erf, some, out=erf)
        erf += np.float32(1)
        np.multiply(some, np.float32(0.5), out=t)
        np.multiply(t, erf, out=activated[first : first + _ROWS])
    return activated


def _normalise(values: Floats, weight: Floats, bias: Floats) -> Floats:
    centred = values - values.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + 1e-12)
    normal: Floats = (centred / spread * weight + bias).astype(np.float32)
    return normal


def matrix(arrays: Any, name: str) -> Floats:
    """A stored (out, in) matrix as floats: 4-bit blocks, or 8-bit rows with a scale each."""
    if f"{name}.codes" in arrays:
        return dequantise(arrays[f"{name}.scale"], arrays[f"{name}.codes"])
    rows: Floats = arrays[f"{name}.q8"].astype(np.float32) * arrays[f"{name}.scale"].astype(np.float32)[:, None]
    return rows


def _layer(arrays: Any, n: int) -> Layer:
    def vector(name: str) -> Floats:
        return np.asarray(arrays[f"l{n}.{name}"], dtype=np.float32)

    def turned(name: str) -> Floats:
        return np.ascontiguousarray(matrix(arrays, f"l{n}.{name}").T)

    return Layer(
        qkv=np.ascontiguousarray(np.concatenate([turned("q.w"), turned("k.w"), turned("v.w")], axis=1)),
        qkv_bias=np.concatenate([vector("q.b"), vector("k.b"), vector("v.b")]),
        out=turned("ao.w"),
        out_bias=vector("ao.b"),
        norm1=vector("aln.w"),
        norm1_bias=vector("aln.b"),
        up=turned("fi.w"),
        up_bias=vector("fi.b"),
        down=turned("fo.w"),
        down_bias=vector("fo.b"),
        norm2=vector("oln.w"),
        norm2_bias=vector("oln.b"),
    )
