"""A scripted language model: its drafts hold honest paraphrases and some lies, and it repairs nothing when asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agent.report.llm import Draft, DraftSentence
from agent.report.schema import Sentence


class ScriptedModel:
    """Stands where a LangChain chat model stands; gives the same draft again when it is told what is wrong."""

    model_name = "scripted liar"

    def __init__(self, sentences: Sequence[Sentence]) -> None:
        self.draft = Draft(summary=[DraftSentence(text=one.text, evidence=list(one.evidence)) for one in sentences])
        self.asked = 0

    def invoke(self, _messages: Sequence[Any]) -> Draft:
        """The draft, whatever is asked."""
        self.asked += 1
        return self.draft
