"""Create audit events

Revision ID: 5b2f0c9d1e34
Create Date: 2023-07-01 08:00:00
"""
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSONB = postgresql.JSONB().with_variant(sa.JSON(), "sqlite")

revision = "5b2f0c9d1e34"
down_revision = "3c9d82f4a611"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "audit_events",
        sa.Column("id", BIGINT, primary_key=True),
        sa.Column("user_id", BIGINT),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("detail", JSONB),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.create_index("audit_events_occurred_at_idx", "audit_events", ["occurred_at"])


def downgrade():
    op.drop_index("audit_events_occurred_at_idx", table_name="audit_events")
    op.drop_table("audit_events")
