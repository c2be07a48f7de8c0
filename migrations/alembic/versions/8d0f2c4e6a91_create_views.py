"""Create views

Revision ID: 8d0f2c4e6a91
Create Date: 2024-02-20 08:31:00
"""
from alembic import op
import sqlalchemy as sa

revision = "8d0f2c4e6a91"
down_revision = "4c6e8b1a3d70"
branch_labels = None
depends_on = None


def upgrade():
    op.execute(
        "CREATE VIEW active_users AS "
        "SELECT id, email, display_name, activated_at FROM users WHERE status = 'active'"
    )
    op.execute(
        "CREATE VIEW integration_overview AS "
        "SELECT u.id AS user_id, u.email, c.provider, c.enabled, c.retry_limit "
        "FROM users u JOIN integration_configs c ON c.user_id = u.id"
    )


def downgrade():
    op.execute("DROP VIEW integration_overview")
    op.execute("DROP VIEW active_users")
