"""Update integration config

Made on another branch at the same time as the preferences; a7d19e40c2b8 merges both.

Revision ID: 7e53c8fa3019
Create Date: 2023-08-15 12:31:00
"""
from alembic import op
import sqlalchemy as sa

revision = "7e53c8fa3019"
down_revision = "5b2f0c9d1e34"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("integration_configs", sa.Column("retry_limit", sa.Integer(), nullable=False, server_default="3"))
    op.add_column("integration_configs", sa.Column("last_error", sa.Text()))


def downgrade():
    op.drop_column("integration_configs", "last_error")
    op.drop_column("integration_configs", "retry_limit")
