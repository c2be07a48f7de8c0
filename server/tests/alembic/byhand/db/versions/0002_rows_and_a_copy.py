"""Rows, and a table that goes again

Revision ID: 0002
Revises: 0001

"""
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def scratch():
    return sa.Table("scratch", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("note", sa.Text))


def upgrade():
    bind = op.get_bind()
    scratch().create(bind, checkfirst=True)
    crews = sa.table("crews", sa.column("id", sa.BigInteger), sa.column("name", sa.String), sa.column("kind", sa.String))
    op.bulk_insert(crews, [{"id": 1, "name": "first"}, {"id": 2, "name": "o'second"}])
    bind.execute(crews.update().where(crews.c.name.like("o%")).values(kind="night"))
    bind.execute(sa.insert(crews).values(id=3, name="third", kind="day"))
    bind.execute(crews.delete().where(sa.and_(crews.c.id > 2, crews.c.kind != "night")))
    scratch().drop(bind)


def downgrade():
    op.execute("DELETE FROM crews WHERE id IN (1, 2)")
