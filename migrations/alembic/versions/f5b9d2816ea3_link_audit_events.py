"""Link audit events to users

Revision ID: f5b9d2816ea3
Create Date: 2024-01-10 10:00:00
"""
from alembic import op
import sqlalchemy as sa

revision = "f5b9d2816ea3"
down_revision = "e4a8c1705d92"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("audit_events") as batch:
        batch.create_foreign_key("audit_events_user_id_fkey", "users", ["user_id"], ["id"])


def downgrade():
    with op.batch_alter_table("audit_events") as batch:
        batch.drop_constraint("audit_events_user_id_fkey", type_="foreignkey")
