"""Index users by email

Revision ID: a7d19e40c2b8
Create Date: 2023-09-01 07:00:00
"""
from alembic import op
import sqlalchemy as sa

revision = "a7d19e40c2b8"
down_revision = "90b6f2d8e147"
branch_labels = None
depends_on = None


def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("users_email_idx", "users", ["email"], postgresql_concurrently=True)


def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index("users_email_idx", table_name="users", postgresql_concurrently=True)
