"""A sum over each event. Events from before have none and are believed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column."""
    op.add_column("events", sa.Column("checksum", sa.String(8), nullable=True))
