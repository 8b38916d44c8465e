"""A built index that the tests of this folder share and only read, and a quick stand-in for the sentence model."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from knowledge.index import KnowledgeIndex


def bag_of_words(texts: Sequence[str]) -> NDArray[np.float32]:
    """Hashed words as unit vectors: like texts are near, and nothing is loaded."""
    vectors = np.full((len(texts), 64), 1e-3, np.float32)
    for row, text in enumerate(texts):
        for word in re.findall(r"\w+", text.lower()):
            vectors[row, int(hashlib.md5(word.encode()).hexdigest(), 16) % 64] += 1
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeIndex:
    """The product's own records, with the real model."""
    return KnowledgeIndex(tmp_path_factory.mktemp("shipped"))


@pytest.fixture
def small(tmp_path: Path) -> KnowledgeIndex:
    """An empty index with the quick model."""
    return KnowledgeIndex(tmp_path / "small", embed=bag_of_words, domain=False)
