"""A key with a default of its own, and keys of a dataclass

Revision ID: 0003
Revises: 0002

"""
from dataclasses import dataclass

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

base_rate = 76


@dataclass(frozen=True)
class Link:
    table: str
    target: str
    columns: list[str]
    on_delete: str = "CASCADE"

    @property
    def name(self) -> str:
        return f"fk_{self.table}_{self.columns[0]}_{self.target}"


links = [Link("berths", "crews", ["crew_id"]), Link("berths", "crews", columns=["second_id"], on_delete="SET NULL")]


def upgrade():
    op.create_table(
        "berths",
        sa.Column("id", sa.Integer(), server_default=sa.text("7"), autoincrement=True, nullable=False),
        sa.Column("crew_id", sa.BigInteger()),
        sa.Column("second_id", sa.BigInteger()),
        sa.Column("rate", sa.Float()),
        sa.PrimaryKeyConstraint("id"),
        *[sa.ForeignKeyConstraint(link.columns, [f"{link.target}.id"], name=link.name, ondelete=link.on_delete) for link in links],
    )
    berths = sa.table("berths", sa.column("id", sa.Integer), sa.column("rate", sa.Float))
    op.bulk_insert(berths, [{"id": sheets, "rate": (base_rate + 8 * sheets) / 100.0} for sheets in range(1, 4)])
    op.bulk_insert(berths, [{"id": 9, "rate": base_rate / 8 - 0.25 + 2}])


def downgrade():
    op.drop_table("berths")
