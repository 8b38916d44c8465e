"""From feedback to a new text: by rule, by chance (the baseline), or by a language model.

All three have the shape that gepa calls: candidate, reflective dataset, components → new texts.
"""

# ruff: noqa: ARG002  (the arguments are those that gepa passes)
from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from tools.evolution.response import Response, searchable
from tools.evolution.style_text import compile_text, edit_text
from tools.scoring.appearance import WORDS

COMPONENT = "style"
Records = Sequence[Mapping[str, Any]]


class Proposer(Protocol):
    """Feedback → new text."""

    def __call__(
        self, candidate: dict[str, str], reflective_dataset: Mapping[str, Records], components_to_update: list[str]
    ) -> dict[str, str]:
        """New texts of the named components."""
        ...


def mean_gaps(records: Records) -> dict[str, float]:
    """The mean signed gap of each look over the records that have one."""
    return {
        look: float(np.mean(values))
        for look in WORDS
        if (values := [record["gaps"][look] for record in records if look in record.get("gaps", {})])
    }


@dataclass
class RuleProposer:
    """Turns measured gaps into edits: the response model, corrected by every feedback so far, says which parameters
    should close them. Where it has nothing new to say, the step is a small random one."""

    defect_type: str
    _response: Response = field(init=False)
    _tried: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self._response = Response(self.defect_type)

    def observe(self, text: str, gaps: Mapping[str, float]) -> None:
        """Learn from every picture that was judged, rejected children included."""
        if gaps:
            style = compile_text(text, self.defect_type).style
            self._response.observe(style, np.array([gaps.get(look, 0.0) for look in WORDS]))

    def __call__(
        self, candidate: dict[str, str], reflective_dataset: Mapping[str, Records], components_to_update: list[str]
    ) -> dict[str, str]:
        """One edited text, never one that was proposed before."""
        text, found = candidate[COMPONENT], mean_gaps(reflective_dataset.get(COMPONENT, ()))
        style = compile_text(text, self.defect_type).style
        if found:
            gap = np.array([found.get(look, 0.0) for look in WORDS])
            for share, reach in ((1.0, 0.7), (1.5, 1.0), (0.6, 0.4), (0.3, 0.2)):
                changes = self._response.toward(style, gap, share=share, reach=reach)
                new = edit_text(text, changes, self.defect_type)
                if changes and new not in self._tried:
                    self._tried.add(new)
                    return {COMPONENT: new}
        self._tried.add(f"{text}#{len(self._tried)}")
        wander = RandomProposer(self.defect_type, len(self._tried))
        return wander(candidate, reflective_dataset, components_to_update)


@dataclass
class RandomProposer:
    """Random mutation: one or two of the type's parameters get a new value. The baseline without feedback."""

    defect_type: str
    seed: int
    _count: int = 0

    def __call__(
        self, candidate: dict[str, str], reflective_dataset: Mapping[str, Records], components_to_update: list[str]
    ) -> dict[str, str]:
        """One mutated text."""
        generator = np.random.default_rng([self.seed, self._count])
        self._count += 1
        parameters = searchable(self.defect_type)
        style = compile_text(candidate[COMPONENT], self.defect_type).style
        changes = {}
        for index in generator.choice(len(parameters), size=int(generator.integers(1, 3)), replace=False):
            name, low, high = parameters[int(index)]
            if name in style and generator.random() < 0.5:
                changes[name] = float(np.clip(style[name] + generator.normal(0, 0.15) * (high - low), low, high))
            else:
                changes[name] = float(generator.uniform(low, high))
        return {COMPONENT: edit_text(candidate[COMPONENT], changes, self.defect_type)}


PROMPT = """You edit a short text that drives a defect renderer. It draws a {defect_type}.
The text is clauses divided by commas, each a parameter with a number or a level word, such as: {example}.
Parameters: {parameters}.

Current text:
{text}

What an inspection of its pictures said:
{feedback}

Reply with the improved text alone, inside ``` fences."""


@dataclass
class ModelProposer:
    """A language model rewrites the text. Replies are kept in `folder`, so that a resumed run asks nothing twice; a
    reply without a usable clause leaves the work to `fallback`."""

    defect_type: str
    ask: Callable[[str], str]
    fallback: Proposer
    folder: Path | None = None

    def __call__(
        self, candidate: dict[str, str], reflective_dataset: Mapping[str, Records], components_to_update: list[str]
    ) -> dict[str, str]:
        """One rewritten text."""
        records = reflective_dataset.get(COMPONENT, ())
        prompt = PROMPT.format(
            defect_type=self.defect_type,
            example="dark, soft edge, raggedness 0.4",
            parameters=", ".join(f"{name} {low:g}..{high:g}" for name, low, high in searchable(self.defect_type)),
            text=candidate[COMPONENT] or "(empty)",
            feedback="\n".join(f"- {record['feedback']}" for record in records) or "- nothing",
        )
        match = re.search(r"```[a-z]*\n?(.*?)```", self._reply(prompt), re.S)
        text = " ".join(match[1].split()) if match else ""
        compiled = compile_text(text, self.defect_type)
        if not compiled.style:
            return self.fallback(candidate, reflective_dataset, components_to_update)
        return {COMPONENT: text}

    def _reply(self, prompt: str) -> str:
        key = hashlib.sha256(prompt.encode()).hexdigest()[:24]
        path = self.folder / "replies.jsonl" if self.folder is not None else None
        if path is not None and path.exists():
            for line in path.read_text().splitlines():
                row = json.loads(line)
                if row["key"] == key:
                    return str(row["reply"])
        reply = self.ask(prompt)
        if path is not None:
            with path.open("a") as stream:
                stream.write(json.dumps({"key": key, "reply": reply}) + "\n")
        return reply
