"""Merge preferences and integrations

Revision ID: 90b6f2d8e147
Create Date: 2023-08-21 10:00:00
"""
from alembic import op
import sqlalchemy as sa

revision = "90b6f2d8e147"
down_revision = ("6d41b7e92f08", "7e53c8fa3019")
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
