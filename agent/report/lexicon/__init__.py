"""The words by which a checker recognises claims, one JSON file a language."""

from agent.report.lexicon.model import Lexicon, get_lexicon

__all__ = ["Lexicon", "get_lexicon"]
