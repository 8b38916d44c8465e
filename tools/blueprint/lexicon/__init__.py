"""The words of each language, as data: one folder of JSON files a language, read by `load`."""

from tools.blueprint.lexicon.load import LANGUAGES, Entry, Lexicon, get_lexicon

__all__ = ["LANGUAGES", "Entry", "Lexicon", "get_lexicon"]
