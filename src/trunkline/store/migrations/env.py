"""Alembic's entry: runs the migrations on the connection that `store.migrate` opened."""

from alembic import context

from trunkline.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
