"""Runs migrations with the URL from the environment, offline with literals as they are."""
import os

from alembic import context
from sqlalchemy import create_engine

URL = os.environ.get("DB_URL", "sqlite://")


def run_migrations_offline():
    context.configure(url=URL, literal_binds=True, dialect_opts={"paramstyle": "named"}, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online():
    with create_engine(URL).connect() as connection:
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
