"""Grant reading of audit events

Revision ID: 2a4d6f8091b3
Create Date: 2024-01-10 10:15:00
"""
from alembic import op
import sqlalchemy as sa

revision = "2a4d6f8091b3"
down_revision = "f5b9d2816ea3"
branch_labels = None
depends_on = None


def upgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute("GRANT SELECT ON audit_events TO pg_monitor")


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute("REVOKE SELECT ON audit_events FROM pg_monitor")
