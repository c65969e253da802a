"""Alembic's entry point: migrate on the connection that `ledger.schema` hands over."""

from alembic import context
from sqlalchemy import Connection

from ledger.tables import metadata

connection = context.config.attributes.get("connection")
assert isinstance(connection, Connection), "migrate with `suanquan db upgrade`"
context.configure(connection=connection, target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
