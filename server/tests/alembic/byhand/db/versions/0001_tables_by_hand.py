"""Tables made over metadata of their own

Revision ID: 0001
Revises:

"""
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

meta = sa.MetaData()
crews = sa.Table(
    "crews",
    meta,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("name", sa.String(40), nullable=False, index=True, unique=True),
    sa.Column("kind", sa.Enum("day", "night", name="crew_kind"), nullable=False, server_default="day"),
    sa.Column("since", sa.DateTime(timezone=True), server_default=sa.func.now()),
    sa.UniqueConstraint("name", "kind", name="uq_crews_name_kind"),
    mysql_engine="InnoDB",
    mysql_charset="utf8mb4",
)
shifts = sa.Table(
    "shifts",
    meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("crew_id", sa.BigInteger, sa.ForeignKey("crews.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("hours", sa.Numeric(5, 2), sa.CheckConstraint("hours > 0", name="hours_positive")),
)


def upgrade():
    bind = op.get_bind()
    for table in (crews, shifts):
        table.create(bind)


def downgrade():
    shifts.drop(op.get_bind())
    op.drop_table("crews")
    sa.Enum(name="crew_kind").drop(op.get_bind(), checkfirst=False)
