"""Brings a database to this version's schema, whole or not at all; a newer one is left alone."""

from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from healer.model.errors import JournalError


def migrate(connection: Connection, name: str) -> None:
    """Run what is missing inside the connection's transaction. Raises JournalError when a newer healer made the journal `name`."""
    config = Config()
    config.set_main_option("script_location", str(resources.files("healer.journal") / "migrations"))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    found = MigrationContext.configure(connection).get_current_revision()
    if found == scripts.get_current_head():
        return
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise JournalError(
            f"journal {name}: it has schema {found}, which this version of healer does not know; a newer one wrote it.",
            advice="Use the newer healer, or another state folder (HEALER_STATE_DIR).",
        )
    command.upgrade(config, "head")
