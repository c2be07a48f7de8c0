"""Create integration configs

Revision ID: 3c9d82f4a611
Create Date: 2023-06-12 09:01:00
"""
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSONB = postgresql.JSONB().with_variant(sa.JSON(), "sqlite")

revision = "3c9d82f4a611"
down_revision = "1f0e6a3b7c55"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "integration_configs",
        sa.Column("id", BIGINT, primary_key=True),
        sa.Column("user_id", BIGINT, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("provider", sa.String(50), nullable=False),
        sa.Column("settings", JSONB, nullable=False, server_default="{}"),
        sa.Column("enabled", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.UniqueConstraint("user_id", "provider", name="integration_configs_user_provider_key"),
    )


def downgrade():
    op.drop_table("integration_configs")
