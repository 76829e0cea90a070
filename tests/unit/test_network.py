"""What is trained in PyTorch and what is shipped in numpy say the same; skipped where the extra `train` is absent."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install -e '.[train]')")

from extract.providers.embedded.encoder import Encoder, Layer  # noqa: E402
from extract.providers.embedded.model import PAIR_FEATURES, Model, Reading  # noqa: E402
from extract.providers.embedded.network import ByteDropout, EncoderLayer, Heads  # noqa: E402
from extract.providers.embedded.tokenizer import Pieces  # noqa: E402

WIDTH = 32
TEXT = "Oslo gave 5 to Lima."


@pytest.fixture
def pair():
    """Untrained heads, and a model with their weights."""
    torch.manual_seed(3)
    heads = Heads(WIDTH).eval()
    model = Model.__new__(Model)
    model._heads = {name: value.numpy().astype(np.float32) for name, value in heads.state_dict().items()}
    return heads, model


def test_heads_agree(pair):
    heads, model = pair
    pieces = Pieces([5, 6, 7, 8, 9, 10], [0, 5, 10, 12, 15, 19], [4, 9, 11, 14, 19, 20])
    states = np.random.default_rng(1).normal(size=(6, WIDTH)).astype(np.float32)
    reading = Reading(TEXT, pieces, states, np.zeros((6, 3), np.float32))
    spans = [(0, 4, 3), (10, 11, 0), (15, 19, 3)]
    vectors = model.spans(reading, spans)
    rows = torch.zeros(3, 6)
    rows[0, 0] = rows[1, 2] = rows[2, 4] = 1.0
    with torch.no_grad():
        wanted = heads.spans(torch.tensor(states), rows, torch.tensor([3, 0, 3]))
        whole = torch.full((3, 6), 1 / 6)
        scores = heads.score_anchors(wanted, whole @ torch.tensor(states))
        places = np.random.default_rng(2).integers(0, 2, size=(2, PAIR_FEATURES)).astype(np.float32)
        linked = heads.score_pairs(wanted, torch.tensor([1, 1]), torch.tensor([0, 2]), torch.tensor(places)).sigmoid()
    assert np.allclose(vectors, wanted.numpy(), atol=1e-4)
    assert np.allclose(model.pairs(vectors, [(1, 0), (1, 2)], places.tolist()), linked.numpy(), atol=1e-4)
    flags = model.anchors(reading, vectors, spans)[:, -3:]
    assert np.allclose(flags, scores[:, -3:].sigmoid().numpy(), atol=1e-4)


def test_a_layer_agrees():
    shapes = {"qkv": (WIDTH, 3 * WIDTH), "qkv_bias": (3 * WIDTH,), "out": (WIDTH, WIDTH), "out_bias": (WIDTH,),
              "norm1": (WIDTH,), "norm1_bias": (WIDTH,), "up": (WIDTH, 64), "up_bias": (64,), "down": (64, WIDTH),
              "down_bias": (WIDTH,), "norm2": (WIDTH,), "norm2_bias": (WIDTH,)}  # fmt: skip
    random = np.random.default_rng(4)
    layer = Layer(**{name: random.normal(size=shape, scale=0.3).astype(np.float32) for name, shape in shapes.items()})
    encoder = Encoder.__new__(Encoder)
    encoder.width, encoder.heads = WIDTH, 4
    states = random.normal(size=(7, WIDTH)).astype(np.float32)
    with torch.no_grad():
        trained = EncoderLayer(layer, 4).eval()(torch.tensor(states)[None], torch.ones(1, 7, dtype=torch.bool))[0]
    assert np.allclose(encoder._run(layer, states), trained.numpy(), atol=1e-4)


def test_dropout_sets_a_share_to_zero_and_keeps_the_mean():
    torch.manual_seed(3)
    dropout = ByteDropout(0.1)
    dropped = dropout.train()(torch.ones(60_000))
    assert abs(float((dropped == 0).float().mean()) - 26 / 256) < 0.01
    assert abs(float(dropped.mean()) - 1) < 0.01
    assert len(dropped.unique()) == 2
    assert torch.equal(dropout.eval()(torch.ones(5)), torch.ones(5))
