"""How questions are put: templates, one at a time or cumulative, options as they are or shuffled, which evidence.

A run's identity is all of this with the questions and the answerer: a log is only taken up by the same run.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from evals.mmad.layout import Item, Question, QuestionSet

Condition = Literal["alone", "detector", "knowledge", "both"]
CONDITIONS: tuple[Condition, ...] = ("alone", "detector", "knowledge", "both")


class Protocol(BaseModel):
    """See the module; defaults are those of the benchmark (1-shot, random templates, options as they are)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shots: int = Field(default=1, ge=0, le=16)
    templates: Literal["random", "similar"] = "random"
    cumulative: bool = False
    """An image's questions as one conversation, each with the earlier ones and what was answered."""
    shuffle: bool = False
    """Options in an order of their own for each question; logs hold both letters."""
    seed: int = 0
    condition: Condition = "alone"
    limit: int | None = Field(default=None, ge=1)
    """Ask so many questions at most."""
    stratify: bool = False
    """Spread them over data sets, categories, good and defective parts, instead of taking the first."""
    shard: int = Field(default=0, ge=0)
    shards: int = Field(default=1, ge=1)

    @property
    def with_detector(self) -> bool:
        """Is the detector's finding shown?"""
        return self.condition in ("detector", "both")

    @property
    def with_knowledge(self) -> bool:
        """Is the product's knowledge shown?"""
        return self.condition in ("knowledge", "both")


def choose(questions: QuestionSet, protocol: Protocol) -> list[tuple[Item, int]]:
    """Which questions of which images are asked: (item, how many of its questions, from the first on).

    The same for every condition, answerer and shard count. Items come product by product, so that one detector is in
    memory at a time.
    """
    items = list(questions.items)
    if protocol.stratify:
        items = _stratified(items, protocol.seed)
    left = protocol.limit if protocol.limit is not None else questions.n_questions
    chosen = []
    for item in items:
        if left <= 0:
            break
        take = min(len(item.questions), left)
        chosen.append((item, take))
        left -= take
    order = {product: number for number, product in enumerate(dict.fromkeys(item.product for item in questions.items))}
    chosen.sort(key=lambda pair: order[pair[0].product])
    # Products stay together: each shard fits the detectors of its own ones.
    return [pair for pair in chosen if order[pair[0].product] % protocol.shards == protocol.shard]


def _stratified(items: list[Item], seed: int) -> list[Item]:
    """Round robin over data set, category, and good or defective; each in a random order."""
    strata: dict[tuple[str, str, bool], list[Item]] = {}
    for item in items:
        strata.setdefault((item.dataset, item.category, item.normal), []).append(item)
    generator = random.Random(seed)
    queues = [strata[key] for key in sorted(strata)]
    for queue in queues:
        generator.shuffle(queue)
    return [queue[turn] for turn in range(max(map(len, queues), default=0)) for queue in queues if turn < len(queue)]


def shown_options(question: Question, protocol: Protocol, identity: str) -> tuple[dict[str, str], dict[str, str]]:
    """The options as they are shown, and shown letter → the question's own letter."""
    own = list(question.options)
    if protocol.shuffle:
        random.Random(f"{protocol.seed} {identity}").shuffle(own)
    letters = sorted(question.options)
    return (
        {letter: question.options[mine] for letter, mine in zip(letters, own, strict=True)},
        dict(zip(letters, own, strict=True)),
    )


def run_identity(questions: QuestionSet, protocol: Protocol, answerer: str, more: Mapping[str, object]) -> str:
    """Sixteen hex digits of everything that a log's answers depend on."""
    keys = [[item.identity(index) for index in range(len(item.questions))] for item in questions.items]
    facts = {"answerer": answerer, "protocol": protocol.model_dump(), "questions": keys, **more}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:16]
