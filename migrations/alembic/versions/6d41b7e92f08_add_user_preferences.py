"""Add user preferences

Revision ID: 6d41b7e92f08
Create Date: 2023-08-15 12:30:00
"""
from alembic import op
import sqlalchemy as sa

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "6d41b7e92f08"
down_revision = "5b2f0c9d1e34"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "user_preferences",
        sa.Column("user_id", BIGINT, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("user_id", "name"),
    )


def downgrade():
    op.drop_table("user_preferences")
