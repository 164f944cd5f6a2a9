"""Alembic's entry: run the steps on the connection it is given."""

from alembic import context

connection = context.config.attributes["connection"]
# two processes that start together must not both migrate: the second waits, then finds it done
connection.exec_driver_sql("select pg_advisory_xact_lock(7303014)")
context.configure(connection=connection, transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
