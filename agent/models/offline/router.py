"""The intent router: multinomial logistic regression over `features`, calibrated, that says when it is unsure.

Coefficients are fitted on `seeds.txt` and shipped in `router.npz`; where the seeds were edited since, they are fitted
again on first use (seconds) and cached in the user's cache folder. Arrays only, never a pickle.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.models.offline.features import features
from agent.models.offline.seeds import SEEDS, Phrase, read_phrases

SHIPPED = Path(__file__).parent / "router.npz"
INVERSE_REGULARISATION = 30.0
FOLDS = 5
PRECISION_WHEN_SURE = 0.96
"""The threshold is the lowest at which out-of-fold answers on the seeds are this often right."""
_lock = threading.Lock()


@dataclass(frozen=True)
class Routing:
    """What a message probably wants: intents with calibrated probabilities, likeliest first."""

    ranked: tuple[tuple[str, float], ...]
    sure: bool

    @property
    def intent(self) -> str:
        """The likeliest intent."""
        return self.ranked[0][0]

    @property
    def confidence(self) -> float:
        """Its probability."""
        return self.ranked[0][1]


@dataclass(frozen=True)
class Router:
    """Fitted coefficients. `weights` is intents x features, `bias` intents."""

    intents: tuple[str, ...]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    temperature: float
    threshold: float
    key: str

    def route(self, text: str) -> Routing:
        """The intents of one message."""
        return self.route_all([text])[0]

    def route_all(self, texts: Sequence[str]) -> list[Routing]:
        """The intents of several messages, embedded together."""
        if not texts:
            return []
        chances = _softmax((features(texts) @ self.weights.T + self.bias) / self.temperature)
        order = np.argsort(-chances, axis=1)
        return [
            Routing(
                tuple((self.intents[index], float(row[index])) for index in ranks[:5]),
                bool(row[ranks[0]] >= self.threshold),
            )
            for row, ranks in zip(chances, order, strict=True)
        ]

    def save(self, path: Path) -> None:
        """Write an npz (half precision: the answers differ by less than 0.001)."""
        from tools.vision.images import write_atomic

        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            intents=np.array(self.intents),
            weights=self.weights.astype(np.float16),
            bias=self.bias,
            scalars=np.array([self.temperature, self.threshold]),
            key=np.array(self.key),
        )
        write_atomic(path, buffer.getvalue())


def load_router(path: Path) -> Router:
    """Read what `save` wrote."""
    with np.load(path, allow_pickle=False) as data:
        temperature, threshold = (float(value) for value in data["scalars"])
        return Router(
            tuple(str(name) for name in data["intents"]),
            data["weights"].astype(np.float32),
            data["bias"].astype(np.float32),
            temperature,
            threshold,
            str(data["key"]),
        )


def fit_router(phrases: Sequence[Phrase], key: str = "") -> Router:
    """Fit the classifier, its temperature and its threshold (both on out-of-fold answers)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold

    vectors = features([phrase.text for phrase in phrases])
    labels = np.array([phrase.intent for phrase in phrases])
    intents, codes = np.unique(labels, return_inverse=True)
    logits = np.zeros((len(phrases), len(intents)))
    groups = [phrase.line for phrase in phrases]
    for train, test in StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0).split(vectors, codes, groups):
        model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=1000).fit(vectors[train], codes[train])
        logits[test] = model.decision_function(vectors[test])
    temperature = _best_temperature(logits, codes)
    threshold = _threshold(_softmax(logits / temperature), codes)
    final = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=1000).fit(vectors, codes)
    return Router(
        tuple(str(name) for name in intents),
        final.coef_.astype(np.float32),
        final.intercept_.astype(np.float32),
        temperature,
        threshold,
        key,
    )


def _softmax(logits: NDArray[np.float64] | NDArray[np.float32]) -> NDArray[np.float64]:
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float64)


def _best_temperature(logits: NDArray[np.float64], codes: NDArray[np.intp]) -> float:
    """Temperature scaling (Guo et al. 2017): the one with the smallest log loss, on a grid."""
    rows = np.arange(len(codes))
    grid = np.geomspace(0.2, 5.0, 60)
    losses = [-np.log(_softmax(logits / value)[rows, codes] + 1e-12).mean() for value in grid]
    return float(grid[int(np.argmin(losses))])


def _threshold(chances: NDArray[np.float64], codes: NDArray[np.intp]) -> float:
    """The lowest probability above which answers are right `PRECISION_WHEN_SURE` of the time."""
    best, right = chances.max(axis=1), chances.argmax(axis=1) == codes
    order = np.argsort(-best)
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(precision >= PRECISION_WHEN_SURE)
    return float(best[order[good[-1]]]) if len(good) else 1.0


def seeds_key() -> str:
    """Changes when the seeds, the German list or the features change."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for name in (SEEDS.name, "german.txt", "features.py", "cues.py", "gloss.py", "router.py"):
        digest.update((here / name).read_bytes())
    return digest.hexdigest()[:16]


def get_router() -> Router:
    """The router for the seeds as they are now: shipped, cached, or fitted here."""
    with _lock:
        return _get_router()


@lru_cache(maxsize=1)
def _get_router() -> Router:
    from platformdirs import user_cache_path

    key = seeds_key()
    cached = user_cache_path("redrabbit", appauthor=False) / f"router-{key}.npz"
    for path in (SHIPPED, cached):
        try:
            router = load_router(path)
        except (OSError, KeyError, ValueError):
            continue
        if router.key == key:
            return router
    router = fit_router(read_phrases(), key)
    with contextlib.suppress(OSError):  # Without a cache it is fitted again at the next start.
        router.save(cached)
    return router


if __name__ == "__main__":  # python -m agent.models.offline.router: fit again and ship the coefficients
    fit_router(read_phrases(), seeds_key()).save(SHIPPED)
