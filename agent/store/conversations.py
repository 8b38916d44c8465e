"""Conversations: their titles, and what was said and shown, for the page and the API to show again.

The graph's own memory (its state and pending interrupts) lives in LangGraph's checkpointer, not here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint, func
from sqlmodel import Field, SQLModel, col, select

from agent.store.base import Queries, Row, json_field, new_id, now, time_field


class ConversationRow(Row, table=True):
    """One chat."""

    __tablename__ = "conversation"

    title: str = Field(default="", max_length=200)
    person: str = Field(default="", max_length=200, index=True)
    part: str | None = Field(default=None, max_length=200)
    updated_at: datetime = time_field(index=True)


class MessageRow(SQLModel, table=True):
    """One turn: `user` with text and files, or `assistant` with the events that were shown."""

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("conversation_id", "position"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=64)
    conversation_id: str = Field(foreign_key="conversation.id", index=True, ondelete="CASCADE")
    position: int
    role: str = Field(max_length=20)
    events: list[dict[str, Any]] = json_field(default_factory=list)
    created_at: datetime = time_field()


class ConversationQueries(Queries):
    """Save, get and list conversations and their messages."""

    def save_conversation(
        self, *, conversation_id: str | None = None, title: str | None = None, person: str | None = None
    ) -> ConversationRow:
        """Store a conversation, or give an existing one a title or a person."""
        with self.writing() as session:
            row = session.get(ConversationRow, conversation_id) if conversation_id else None
            row = row or ConversationRow(id=conversation_id or new_id())
            row.title = row.title if title is None else title[:200]
            row.person = row.person if person is None else person[:200]
            row.updated_at = now()
            session.add(row)
        return row

    def get_conversation(self, conversation_id: str) -> ConversationRow:
        """One conversation.

        Raises:
            NotFoundError: no such conversation.
        """
        return self._get(ConversationRow, conversation_id, "conversation")

    def list_conversations(
        self, *, limit: int = 50, after: str | None = None, person: str | None = None
    ) -> list[ConversationRow]:
        """Newest first."""
        return self._list(ConversationRow, limit=limit, after=after, where={"person": person})

    def save_message(self, conversation_id: str, role: str, events: list[dict[str, Any]]) -> MessageRow:
        """Append a turn.

        Raises:
            NotFoundError: no such conversation.
        """
        self.get_conversation(conversation_id)
        with self.writing() as session:
            # The row lock orders two writers of one conversation, so that positions have no gaps and no twins.
            head = session.get(ConversationRow, conversation_id, with_for_update=True)
            query = select(func.max(MessageRow.position)).where(MessageRow.conversation_id == conversation_id)
            last = session.exec(query).one()
            position = 0 if last is None else last + 1
            row = MessageRow(conversation_id=conversation_id, position=position, role=role, events=events)
            session.add(row)
            if head is not None:
                head.updated_at = now()
                session.add(head)
        return row

    def list_messages(self, conversation_id: str, *, limit: int = 200) -> list[MessageRow]:
        """The last turns, oldest first."""
        query = select(MessageRow).where(MessageRow.conversation_id == conversation_id)
        with self.reading() as session:
            rows = session.exec(query.order_by(col(MessageRow.position).desc()).limit(limit)).all()
        return list(reversed(rows))

    def delete_conversation(self, conversation_id: str) -> None:
        """Remove a conversation and its messages; Blueprints and images made in it stay."""
        self._delete(ConversationRow, conversation_id, "conversation")
