"""Readers, and what they read

Revision ID: 0004
Revises: 0003

"""
from typing import Sequence, Union

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("readers", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("note", sa.Text()))
    op.rename_table("readers", "members")
    op.create_index(op.f("ix_members_note_id"), "members", ["id", "note"] if False else ["id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_members_note_id"), table_name="members")
    op.drop_table("members")
