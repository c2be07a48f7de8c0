"""Require display name

Revision ID: e4a8c1705d92
Create Date: 2023-11-15 09:00:00
"""
from alembic import op
import sqlalchemy as sa

revision = "e4a8c1705d92"
down_revision = "c9f3b062e4da"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("users") as batch:
        batch.alter_column("display_name", existing_type=sa.String(100), nullable=False)


def downgrade():
    with op.batch_alter_table("users") as batch:
        batch.alter_column("display_name", existing_type=sa.String(100), nullable=True)
