"""Lines of the audit trail for what is asked for on the page, whose requests are Gradio's and not the API's."""

from __future__ import annotations

import logging

from sqlalchemy.exc import SQLAlchemyError

from agent.store.audit import AuditRow, storable
from agent.store.repository import Store

PAGE = "page"
ASKED = 202
"""A line is written before the work; what came of it is in the conversation or the job."""
log = logging.getLogger("redrabbit.chat")


def note(store: Store, action: str, subject: str) -> None:
    """Add a line; a database that does not answer costs the line, not what was asked.

    Args:
        store: where the trail is.
        action: `SAY`, `CHOOSE`, `CANCEL`, `INSPECT`, `REPORT` or `MARK`.
        subject: the conversation, job or inspection by its path in the API; for a mark `/library/<part>/<type>`.
    """
    try:
        store.save_audit(AuditRow(actor=PAGE, action=action, subject=storable(subject), status=ASKED))
    except SQLAlchemyError as error:
        log.warning("a line of the audit trail was lost: %s", type(error).__name__)
