import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from knowledge import embedding
from knowledge.embedding import DIMENSION, embed_texts
from knowledge.errors import KnowledgeError

TEXTS = ["A deep crack at the weld toe.", "Crack", "Oil stain on the woven fabric, two centimetres wide.", ""]


def test_rows_have_length_one_and_keep_their_order():
    vectors = embed_texts(TEXTS, batch_size=2)
    assert vectors.shape == (4, DIMENSION)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, vectors, strict=True):
        np.testing.assert_allclose(embed_texts([text])[0], vector, atol=1e-5)


def test_like_meanings_are_nearer_than_unlike_ones():
    a, b, c = embed_texts(["a fissure in the metal", "the part is cracked", "the invoice is late"])
    assert a @ b > a @ c + 0.2


def test_no_text_gives_no_rows():
    assert embed_texts([]).shape == (0, DIMENSION)


def test_a_very_long_text_is_cut_not_refused():
    assert embed_texts(["crack " * 50_000]).shape == (1, DIMENSION)


@pytest.mark.slow
def test_the_graph_agrees_with_transformers():
    tokenizer, forward = embedding._load()
    other = embedding._transformers_forward(embedding.model_folder())
    encoded = [tokenizer.encode(text).ids for text in TEXTS]
    ids = np.zeros((len(TEXTS), max(map(len, encoded))), np.int64)
    mask = np.zeros_like(ids)
    for row, tokens in enumerate(encoded):
        ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
    np.testing.assert_allclose(forward(ids, mask), other(ids, mask), atol=2e-6)


def test_a_damaged_cache_is_built_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    cached = tmp_path / "model.onnx"
    monkeypatch.setattr(embedding, "cache_file", lambda: cached)
    weights = embedding.model_folder() / "model.safetensors"
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(embedding._model_bytes, [weights, weights])
    assert first == second == cached.read_bytes()
    cached.write_bytes(first[:1000])
    assert embedding._model_bytes(weights) == first
    assert hashlib.sha256(cached.read_bytes()).hexdigest() == cached.with_suffix(".sha256").read_text()


def test_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(embedding, "cache_file", lambda: tmp_path / "model.onnx")
    wrong = tmp_path / "model.safetensors"
    wrong.write_bytes(b"not the weights")
    with pytest.raises(KnowledgeError, match="not the expected file"):
        embedding._model_bytes(wrong)


def test_loading_imports_neither_torch_nor_transformers():
    code = "import sys; from knowledge.embedding import embed_texts; embed_texts(['x']); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
