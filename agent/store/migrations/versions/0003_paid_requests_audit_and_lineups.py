"""Paid requests, webhook deliveries, the audit trail, kept answers and lineups.

Revision ID: 0003
Follows: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import agent.store.base

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _row(*columns: sa.Column[object]) -> list[sa.Column[object]]:
    return [
        sa.Column("id", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("created_at", agent.store.base.UtcDateTime(timezone=True), nullable=False),
        *columns,
    ]


def _index(table: str, *names: str) -> None:
    with op.batch_alter_table(table, schema=None) as batch_op:
        for name in names:
            batch_op.create_index(batch_op.f(f"ix_{table}_{name}"), [name], unique=False)


def upgrade() -> None:
    op.create_table(
        "provider_request",
        *_row(
            sa.Column("job_id", sqlmodel.AutoString(length=80), nullable=False),
            sa.Column("endpoint", sqlmodel.AutoString(length=200), nullable=False),
            sa.Column("state", sqlmodel.AutoString(length=20), nullable=False),
            sa.Column("price_usd", sa.Float(), nullable=False),
            sa.Column("tries", sa.Integer(), nullable=False),
            sa.Column("provider_id", sqlmodel.AutoString(length=200), nullable=True),
            sa.Column("webhook", sa.Boolean(), nullable=False),
            sa.Column("payload", sa.JSON(), nullable=True),
            sa.Column("error", sqlmodel.AutoString(), nullable=True),
            sa.Column("result_key", sqlmodel.AutoString(length=100), nullable=True),
            sa.Column("sent_at", agent.store.base.UtcDateTime(timezone=True), nullable=False),
            sa.Column("updated_at", agent.store.base.UtcDateTime(timezone=True), nullable=False),
            sa.Column("history", sa.JSON(), nullable=False),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_request")),
    )
    _index("provider_request", "created_at", "job_id", "provider_id", "sent_at", "state")
    op.create_table(
        "webhook_delivery",
        *_row(sa.Column("provider_id", sqlmodel.AutoString(length=200), nullable=False)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
    )
    _index("webhook_delivery", "created_at", "provider_id")
    op.create_table(
        "audit",
        *_row(
            sa.Column("actor", sqlmodel.AutoString(length=100), nullable=False),
            sa.Column("action", sqlmodel.AutoString(length=20), nullable=False),
            sa.Column("subject", sqlmodel.AutoString(length=300), nullable=False),
            sa.Column("status", sa.Integer(), nullable=False),
            sa.Column("client", sqlmodel.AutoString(length=64), nullable=False),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    _index("audit", "actor", "created_at", "subject")
    op.create_table(
        "idempotent_answer",
        *_row(
            sa.Column("request_hash", sqlmodel.AutoString(length=64), nullable=False),
            sa.Column("status", sa.Integer(), nullable=False),
            sa.Column("body", sa.JSON(), nullable=False),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotent_answer")),
    )
    _index("idempotent_answer", "created_at")
    op.create_table(
        "lineup",
        *_row(
            sa.Column("blueprint_version_id", sqlmodel.AutoString(), nullable=False),
            sa.Column("image_id", sqlmodel.AutoString(), nullable=False),
            sa.Column("seed", sa.BigInteger(), nullable=False),
            sa.Column("mm_per_px", sa.Float(), nullable=True),
            sa.Column("start", sqlmodel.AutoString(), nullable=False),
            sa.Column("state", sa.JSON(), nullable=False),
            sa.Column("pictures", sa.JSON(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
        ),
        sa.ForeignKeyConstraint(
            ["blueprint_version_id"],
            ["blueprint_version.id"],
            name=op.f("fk_lineup_blueprint_version_id_blueprint_version"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_lineup_image_id_image"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lineup")),
    )
    _index("lineup", "blueprint_version_id", "created_at", "image_id")


def downgrade() -> None:
    for table in ("lineup", "idempotent_answer", "audit", "webhook_delivery", "provider_request"):
        op.drop_table(table)
