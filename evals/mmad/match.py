"""Words of options: which of two says yes, which promises harm, which lies nearest to a description.

General English, nothing of any data set: the same rules answer a user's own questions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

_YES = re.compile(
    r"\b(yes|defective|abnormal|anomalous|anomaly|faulty|damaged|defect is present|not good|ng|fail(?:ed|s)?)\b",
)
_NO = re.compile(
    r"\b(no|none|normal|good|ok|okay|defect[ -]free|intact|undamaged|flawless|pass(?:ed|es)?|"
    r"without (?:any )?(?:defects?|anomal\w+)|not (?:defective|damaged|abnormal|anomalous))\b"
)
_ASKS_GOOD = re.compile(
    r"\b(?:is|are|does|do|looks?|appears?)\b.*\b(normal|good|defect[ -]free|free (?:of|from)|without|flawless|intact|"
    r"acceptable|ok)\b"
)
_ASKS_DEFECT = re.compile(r"\b(?:is|are) there\b|\babnormal|\bdefective\b|\b(?:have|has|show|contain)s? (?:a|any)\b")
_HARM = re.compile(
    r"\b(compromis\w*|affect\w*|reduc\w*|weaken\w*|damag\w*|fail\w*|risk\w*|hazard\w*|unsafe|unusable|unsellable|"
    r"leak\w*|contaminat\w*|degrad\w*|decreas\w*|loss|lose|impair\w*|hinder\w*|prevent\w*|malfunction\w*|break\w*|"
    r"detract\w*|poor\w*|short|shorten\w*|disrupt\w*|injur\w*|dissatisf\w*|reject\w*|lead to|loose\w*|spoil\w*|"
    r"interfer\w*|inconsistent|uneven|unappealing|unattractive|not (?:fit|work|function|close|seal|hold))\b"
)
_BENEFIT = re.compile(
    r"\b(improv\w*|enhanc\w*|increas\w* (?:the )?(?:strength|durability|quality|value|appeal|performance|efficiency)|"
    r"better|no (?:effect|impact|significant|influence|change|consequence)\w*|benefi\w*|strengthen\w*|"
    r"(?:does|do|will|would|has|have) no[tn]?\b.*\b(?:affect|impact|effect|matter)|nothing|makes? .*(?:resistant|"
    r"stronger|easier|faster)|more (?:durable|attractive|valuable|efficient|comfortable)|unaffected|advantage\w*)\b"
)


def plain(text: str) -> str:
    """Lower case without punctuation."""
    return " ".join(re.sub(r"[^\w\s-]", " ", text.lower()).split())


def yes_letter(question: str, options: Mapping[str, str]) -> tuple[str, str] | None:
    """Of a question about whether there is a defect: the letters that say "defective" and "good".

    Understands Yes/No (turned round where the question asks whether the part is good) and options that name the state.

    Returns:
        (defective, good), or None where the options do not say.
    """
    asked = plain(question)
    turned = bool(_ASKS_GOOD.search(asked)) and not _ASKS_DEFECT.search(asked)
    says: dict[str, bool] = {}
    for letter, text in options.items():
        words = plain(text)
        negative = bool(_NO.search(words))
        positive = bool(_YES.search(_NO.sub(" ", words))) and not re.match(r"(no|not|none)\b", words)
        if positive == negative:
            continue
        flip = turned and bool(re.match(r"(yes|no)\b", words))
        says[letter] = positive != flip
    defective = [letter for letter, value in says.items() if value]
    good = [letter for letter, value in says.items() if not value]
    if len(defective) == 1 and len(good) == 1:
        return defective[0], good[0]
    if len(options) == 2 and len(says) == 1:
        other = next(letter for letter in options if letter not in says)
        return (defective[0], other) if defective else (other, good[0])
    return None


def harm(text: str) -> float:
    """How much a text reads like the consequence of a defect: 1 harm, 0 nothing said, -1 a benefit or no effect."""
    words = plain(text)
    if _BENEFIT.search(words):
        return -1.0
    return 1.0 if _HARM.search(words) else 0.0


def similarity(description: str, texts: Sequence[str]) -> NDArray[np.float64]:
    """Cosine of sentence embeddings (MiniLM) between a description and each text; zeros without a description."""
    if not description or not texts:
        return np.zeros(len(texts))
    vectors = _vectors([description, *texts])
    return np.asarray(vectors[1:] @ vectors[0], dtype=np.float64)


def likeness(descriptions: Sequence[str], texts: Sequence[str]) -> NDArray[np.float64]:
    """Cosines of descriptions (rows) and texts (columns)."""
    vectors = _vectors([*descriptions, *texts])
    return np.asarray(vectors[: len(descriptions)] @ vectors[len(descriptions) :].T, dtype=np.float64)


def _vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """Embeddings; options repeat, so each text is embedded once a process."""
    from knowledge.embedding import embed_texts

    new = [text for text in dict.fromkeys(texts) if text not in _known]
    if new:
        if len(_known) > MAX_KNOWN:
            _known.clear()
            new = list(dict.fromkeys(texts))
        _known.update(zip(new, embed_texts(new), strict=True))
    return np.stack([_known[text] for text in texts])


MAX_KNOWN = 50_000
_known: dict[str, NDArray[np.float32]] = {}
