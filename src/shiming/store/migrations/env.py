"""Run by alembic: one step after another, in the transaction of whoever asked."""

from alembic import context

from shiming.store import tables
from shiming.store.audit import audit_log
from shiming.store.meta import metadata
from shiming.store.migrations import indexes, ours

__all__ = ["audit_log", "tables"]  # they fill the MetaData
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=ours,
    render_as_batch=True,
)
impl = context.get_context().impl
in_use = context.config.attributes.get("in_use", ())
impl.create_index, impl.drop_index = (indexes.left_out(act, in_use) for act in (impl.create_index, impl.drop_index))
with context.begin_transaction():
    context.run_migrations()
