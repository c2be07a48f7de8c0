"""Drop the legacy reference

Revision ID: 4c6e8b1a3d70
Create Date: 2024-02-20 08:30:00
"""
from alembic import op
import sqlalchemy as sa

revision = "4c6e8b1a3d70"
down_revision = "2a4d6f8091b3"
branch_labels = None
depends_on = None


def upgrade():
    op.drop_column("users", "legacy_ref")


def downgrade():
    op.add_column("users", sa.Column("legacy_ref", sa.String(40)))
