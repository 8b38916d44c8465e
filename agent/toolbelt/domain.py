"""Questions about defects in general: answered from the knowledge index, with its sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from agent.toolbelt.base import Arguments, Context, Outcome, tool

if TYPE_CHECKING:
    from agent.settings import Settings
    from knowledge.index import Hit, KnowledgeIndex

TOP = 3
COMPARES = ("differ", "unterschied", "versus", " vs")
NOT_FOUND_BELOW = 0.35
"""Cosine of question and entry under which the entry is no answer."""


class QuestionArguments(Arguments):
    """A question."""

    question: str = Field(min_length=2)


@tool("ask_knowledge", QuestionArguments, aside=True)
def ask_knowledge(context: Context, question: str) -> Outcome:
    """Look up causes, looks, checks and actions of defects in the knowledge index. Cite the sources."""
    blueprint = context.part.blueprint
    hits = _search(context, question)
    if not hits:
        return Outcome("knowledge_unknown", {"question": question})
    first = hits[0]
    return Outcome(
        "knowledge_found",
        {
            "title": first.title,
            "answer": _answer(first, context.language, question),
            "source": first.source or first.record_id,
            "others": "; ".join(hit.title for hit in hits[1:]),
            "records": [
                {"id": hit.record_id, "title": hit.title, "text": hit.text, "source": hit.source} for hit in hits
            ],
            "about": blueprint.defect_type if blueprint else None,
        },
    )


def _search(context: Context, question: str) -> list[Hit]:
    """The best entries: first those on the defect type and the family of parts that the question names, then those on
    the type, then any; a question that compares two types takes any. Those that are too far off are left out."""
    from knowledge.families import family_of
    from tools.blueprint.parser import parse

    index = open_index(context.settings)
    compares = any(word in question.lower() for word in COMPARES)
    named = None if compares else parse(question).blueprint.defect_type
    family = None if compares else family_of(question)
    narrow = [{"defect_type": named, "family": family}] if named and family else []
    hits: dict[str, Hit] = {}
    for where in (*narrow, *([{"defect_type": named}] if named else []), None):
        for hit in index.search(question, k=TOP, where=where):
            if hit.score >= NOT_FOUND_BELOW:
                hits.setdefault(hit.record_id, hit)
        if len(hits) >= TOP:
            break
    return list(hits.values())[:TOP]


def _answer(hit: Hit, language: str, question: str) -> str:
    """The record's parts, those first that the question asks for."""
    from agent.wording import say

    record = hit.record
    if record is None:
        return hit.text
    parts = {
        "causes": say("knowledge_causes", language, items="; ".join(record.causes)) if record.causes else "",
        "checks": say("knowledge_checks", language, items="; ".join(record.checks)) if record.checks else "",
        "actions": say("knowledge_actions", language, items="; ".join(record.actions)) if record.actions else "",
    }
    asked = {
        "causes": ("cause", "why", "come from", "reason", "ursache", "warum", "woher", "entsteh", "verursach"),
        "checks": ("check", "inspect", "find", "detect", "test", "prüf", "erkenn", "finde", "woran"),
        "actions": ("prevent", "avoid", "fix", "do about", "action", "against", "vermeid", "verhinder", "tun", "gegen"),
    }
    lower = question.lower()
    wanted = [name for name, words in asked.items() if any(word in lower for word in words)]
    order = [*wanted, *(name for name in parts if name not in wanted)] if wanted else list(parts)
    lines = [parts[name] for name in (order[:1] if wanted else order) if parts[name]]
    tells = " ".join(record.tells.values()) if any(word in lower for word in ("differ", "unterschied", "tell")) else ""
    return "\n\n".join(filter(None, ["" if wanted else record.looks, tells, *lines])) or record.text


def open_index(settings: Settings) -> KnowledgeIndex:
    """The knowledge index as the settings say; opened once a process and place."""
    from agent.report.knowledge import open_index as opened

    return opened(settings)
