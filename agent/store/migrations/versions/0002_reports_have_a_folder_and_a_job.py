"""Reports have a folder and a job.

Revision ID: 0002
Follows: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.add_column(sa.Column("path", sqlmodel.AutoString(), nullable=True))
        batch_op.add_column(sa.Column("job_id", sqlmodel.AutoString(length=64), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_report_job_id"), ["job_id"])


def downgrade() -> None:
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_report_job_id"), type_="unique")
        batch_op.drop_column("job_id")
        batch_op.drop_column("path")
