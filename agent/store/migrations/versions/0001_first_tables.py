"""First tables.

Revision ID: 0001
Follows: nothing
"""

# ruff: noqa: PLR0915

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

import agent.store.base

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("created_at", agent.store.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("name", sqlmodel.AutoString(length=100), nullable=False),
        sa.Column("handle", sqlmodel.AutoString(length=16), nullable=False),
        sa.Column("salt", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("secret_hash", sqlmodel.AutoString(length=128), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("revoked_at", agent.store.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", agent.store.base.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("handle", name=op.f("uq_api_key_handle")),
    )
    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_key_created_at"), ["created_at"], unique=False)

    op.create_table(
        "conversation",
        sa.Column("id", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("created_at", agent.store.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("title", sqlmodel.AutoString(length=200), nullable=False),
        sa.Column("person", sqlmodel.AutoString(length=200), nullable=False),
        sa.Column("part", sqlmodel.AutoString(length=200), nullable=True),
        sa.Column("updated_at", agent.store.base.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
    )
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conversation_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_conversation_person"), ["person"], unique=False)
        batch_op.create_index(batch_op.f("ix_conversation_updated_at"), ["updated_at"], unique=False)

    op.create_table(
        "blueprint",
        sa.Column("id", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("created_at", agent.store.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("name", sqlmodel.AutoString(length=200), nullable=False),
        sa.Column("conversation_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("defect_type", sqlmodel.AutoString(length=100), nullable=True),
        sa.Column("part", sqlmodel.AutoString(length=200), nullable=True),
        sa.Column("latest_version", sa.Integer(), nullable=False),
        sa.Column("updated_at", agent.store.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_blueprint_conversation_id_conversation"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blueprint")),
    )
    with op.batch_alter_table("blueprint", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_blueprint_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_blueprint_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_blueprint_defect_type"), ["defect_type"], unique=False)
        batch_op.create_index(batch_op.f("ix_blueprint_part"), ["part"], unique=False)

    op.create_table(
        "detector",
        sa.Column("id", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("created_at", agent.store.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("name", sqlmodel.AutoString(length=200), nullable=False),
        sa.Column("kind", sqlmodel.AutoString(length=50), nullable=False),
        sa.Column("backbone", sqlmodel.AutoString(length=200), nullable=False),
        sa.Column("path", sqlmodel.AutoString(), nullable=False),
        sa.Column("score_threshold", sa.Float(), nullable=True),
        sa.Column("n_good", sa.Integer(), nullable=False),
        sa.Column("part", sqlmodel.AutoString(length=200), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("job_id", sqlmodel.AutoString(length=64), nullable=True),
        sa.Column("conversation_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_detector_conversation_id_conversation"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_detector")),
        sa.UniqueConstraint("job_id", name=op.f("uq_detector_job_id")),
    )
    with op.batch_alter_table("detector", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_detector_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_detector_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_detector_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_detector_part"), ["part"], unique=False)

    op.create_table(
        "message",
        sa.Column("id", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("conversation_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sqlmodel.AutoString(length=20), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("created_at", agent.store.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_message_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("conversation_id", "position", name=op.f("uq_message_conversation_id_position")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_conversation_id"), ["conversation_id"], unique=False)

    op.create_table(
        "blueprint_version",
        sa.Column("id", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("blueprint_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("created_at", agent.store.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["blueprint_id"],
            ["blueprint.id"],
            name=op.f("fk_blueprint_version_blueprint_id_blueprint"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blueprint_version")),
        sa.UniqueConstraint("blueprint_id", "version", name=op.f("uq_blueprint_version_blueprint_id_version")),
    )
    with op.batch_alter_table("blueprint_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_blueprint_version_blueprint_id"), ["blueprint_id"], unique=False)

    op.create_table(
        "dataset",
        sa.Column("id", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("created_at", agent.store.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("name", sqlmodel.AutoString(length=200), nullable=False),
        sa.Column("path", sqlmodel.AutoString(), nullable=False),
        sa.Column("layout", sqlmodel.AutoString(length=20), nullable=False),
        sa.Column("n_images", sa.Integer(), nullable=False),
        sa.Column("blueprint_version_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("job_id", sqlmodel.AutoString(length=64), nullable=True),
        sa.Column("conversation_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["blueprint_version_id"],
            ["blueprint_version.id"],
            name=op.f("fk_dataset_blueprint_version_id_blueprint_version"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_dataset_conversation_id_conversation"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset")),
        sa.UniqueConstraint("job_id", name=op.f("uq_dataset_job_id")),
    )
    with op.batch_alter_table("dataset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dataset_blueprint_version_id"), ["blueprint_version_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dataset_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dataset_created_at"), ["created_at"], unique=False)

    op.create_table(
        "prompt",
        sa.Column("id", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("created_at", agent.store.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("text", sqlmodel.AutoString(), nullable=False),
        sa.Column("generator", sqlmodel.AutoString(length=100), nullable=False),
        sa.Column("blueprint_version_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("parent_id", sqlmodel.AutoString(), nullable=True),
        sa.ForeignKeyConstraint(
            ["blueprint_version_id"],
            ["blueprint_version.id"],
            name=op.f("fk_prompt_blueprint_version_id_blueprint_version"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["prompt.id"], name=op.f("fk_prompt_parent_id_prompt"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt")),
    )
    with op.batch_alter_table("prompt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_prompt_blueprint_version_id"), ["blueprint_version_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_prompt_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_prompt_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "image",
        sa.Column("id", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("created_at", agent.store.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("content_hash", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("path", sqlmodel.AutoString(), nullable=False),
        sa.Column("kind", sqlmodel.AutoString(length=20), nullable=False),
        sa.Column("name", sqlmodel.AutoString(length=255), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=True),
        sa.Column("height_px", sa.Integer(), nullable=True),
        sa.Column("mask_hash", sqlmodel.AutoString(length=64), nullable=True),
        sa.Column("mask_path", sqlmodel.AutoString(), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("generator", sqlmodel.AutoString(length=100), nullable=True),
        sa.Column("generator_version", sqlmodel.AutoString(length=50), nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("recipe", sqlmodel.AutoString(length=64), nullable=True),
        sa.Column("blueprint_version_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("prompt_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("parent_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("source_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("dataset_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("conversation_id", sqlmodel.AutoString(), nullable=True),
        sa.ForeignKeyConstraint(
            ["blueprint_version_id"],
            ["blueprint_version.id"],
            name=op.f("fk_image_blueprint_version_id_blueprint_version"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_image_conversation_id_conversation"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_image_dataset_id_dataset"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["image.id"], name=op.f("fk_image_parent_id_image"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["prompt_id"], ["prompt.id"], name=op.f("fk_image_prompt_id_prompt"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["image.id"], name=op.f("fk_image_source_id_image"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image")),
        sa.UniqueConstraint("recipe", name=op.f("uq_image_recipe")),
    )
    with op.batch_alter_table("image", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_image_blueprint_version_id"), ["blueprint_version_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_image_content_hash"), ["content_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_image_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_image_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_image_dataset_id"), ["dataset_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_image_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_image_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_image_prompt_id"), ["prompt_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_image_source_id"), ["source_id"], unique=False)

    op.create_table(
        "comparison",
        sa.Column("id", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("created_at", agent.store.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lineup_id", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("left_image_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("right_image_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("choice", sqlmodel.AutoString(length=10), nullable=False),
        sa.Column("person", sqlmodel.AutoString(length=200), nullable=False),
        sa.Column("conversation_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_comparison_conversation_id_conversation"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["left_image_id"], ["image.id"], name=op.f("fk_comparison_left_image_id_image"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["right_image_id"], ["image.id"], name=op.f("fk_comparison_right_image_id_image"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparison")),
    )
    with op.batch_alter_table("comparison", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_comparison_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_comparison_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_comparison_left_image_id"), ["left_image_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_comparison_lineup_id"), ["lineup_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_comparison_right_image_id"), ["right_image_id"], unique=False)

    op.create_table(
        "inspection",
        sa.Column("id", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("created_at", agent.store.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("input", sqlmodel.AutoString(), nullable=False),
        sa.Column("verdict", sqlmodel.AutoString(length=20), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("score_threshold", sa.Float(), nullable=True),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.Column("detector_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("image_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("overlay_path", sqlmodel.AutoString(), nullable=True),
        sa.Column("job_id", sqlmodel.AutoString(length=64), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sqlmodel.AutoString(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_inspection_conversation_id_conversation"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["detector_id"], ["detector.id"], name=op.f("fk_inspection_detector_id_detector"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_inspection_image_id_image"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
        sa.UniqueConstraint("job_id", "position", name=op.f("uq_inspection_job_id_position")),
    )
    with op.batch_alter_table("inspection", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inspection_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_inspection_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_inspection_detector_id"), ["detector_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_inspection_image_id"), ["image_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_inspection_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_inspection_verdict"), ["verdict"], unique=False)

    op.create_table(
        "score",
        sa.Column("id", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("created_at", agent.store.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("image_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("scorer", sqlmodel.AutoString(length=100), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("feedback", sqlmodel.AutoString(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_score_image_id_image"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score")),
    )
    with op.batch_alter_table("score", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_score_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_score_image_id"), ["image_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_score_scorer"), ["scorer"], unique=False)

    op.create_table(
        "report",
        sa.Column("id", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("created_at", agent.store.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("inspection_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("language", sqlmodel.AutoString(length=10), nullable=False),
        sa.Column("writer", sqlmodel.AutoString(length=100), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("conversation_id", sqlmodel.AutoString(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_report_conversation_id_conversation"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_report_inspection_id_inspection"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
    )
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_inspection_id"), ["inspection_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_report_inspection_id"))
        batch_op.drop_index(batch_op.f("ix_report_created_at"))
        batch_op.drop_index(batch_op.f("ix_report_conversation_id"))

    op.drop_table("report")
    with op.batch_alter_table("score", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_score_scorer"))
        batch_op.drop_index(batch_op.f("ix_score_image_id"))
        batch_op.drop_index(batch_op.f("ix_score_created_at"))

    op.drop_table("score")
    with op.batch_alter_table("inspection", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inspection_verdict"))
        batch_op.drop_index(batch_op.f("ix_inspection_job_id"))
        batch_op.drop_index(batch_op.f("ix_inspection_image_id"))
        batch_op.drop_index(batch_op.f("ix_inspection_detector_id"))
        batch_op.drop_index(batch_op.f("ix_inspection_created_at"))
        batch_op.drop_index(batch_op.f("ix_inspection_conversation_id"))

    op.drop_table("inspection")
    with op.batch_alter_table("comparison", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comparison_right_image_id"))
        batch_op.drop_index(batch_op.f("ix_comparison_lineup_id"))
        batch_op.drop_index(batch_op.f("ix_comparison_left_image_id"))
        batch_op.drop_index(batch_op.f("ix_comparison_created_at"))
        batch_op.drop_index(batch_op.f("ix_comparison_conversation_id"))

    op.drop_table("comparison")
    with op.batch_alter_table("image", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_image_source_id"))
        batch_op.drop_index(batch_op.f("ix_image_prompt_id"))
        batch_op.drop_index(batch_op.f("ix_image_parent_id"))
        batch_op.drop_index(batch_op.f("ix_image_kind"))
        batch_op.drop_index(batch_op.f("ix_image_dataset_id"))
        batch_op.drop_index(batch_op.f("ix_image_created_at"))
        batch_op.drop_index(batch_op.f("ix_image_conversation_id"))
        batch_op.drop_index(batch_op.f("ix_image_content_hash"))
        batch_op.drop_index(batch_op.f("ix_image_blueprint_version_id"))

    op.drop_table("image")
    with op.batch_alter_table("prompt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_prompt_parent_id"))
        batch_op.drop_index(batch_op.f("ix_prompt_created_at"))
        batch_op.drop_index(batch_op.f("ix_prompt_blueprint_version_id"))

    op.drop_table("prompt")
    with op.batch_alter_table("dataset", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dataset_created_at"))
        batch_op.drop_index(batch_op.f("ix_dataset_conversation_id"))
        batch_op.drop_index(batch_op.f("ix_dataset_blueprint_version_id"))

    op.drop_table("dataset")
    with op.batch_alter_table("blueprint_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_blueprint_version_blueprint_id"))

    op.drop_table("blueprint_version")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_conversation_id"))

    op.drop_table("message")
    with op.batch_alter_table("detector", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_detector_part"))
        batch_op.drop_index(batch_op.f("ix_detector_kind"))
        batch_op.drop_index(batch_op.f("ix_detector_created_at"))
        batch_op.drop_index(batch_op.f("ix_detector_conversation_id"))

    op.drop_table("detector")
    with op.batch_alter_table("blueprint", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_blueprint_part"))
        batch_op.drop_index(batch_op.f("ix_blueprint_defect_type"))
        batch_op.drop_index(batch_op.f("ix_blueprint_created_at"))
        batch_op.drop_index(batch_op.f("ix_blueprint_conversation_id"))

    op.drop_table("blueprint")
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conversation_updated_at"))
        batch_op.drop_index(batch_op.f("ix_conversation_person"))
        batch_op.drop_index(batch_op.f("ix_conversation_created_at"))

    op.drop_table("conversation")
    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_key_created_at"))

    op.drop_table("api_key")
