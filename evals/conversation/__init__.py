"""Scripted dialogues with goals on the conversation's state, never on its wording."""
