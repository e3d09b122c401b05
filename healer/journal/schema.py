"""The one table. Its history is in `migrations/`; a test holds the two together."""

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, MetaData, String, Table

metadata = MetaData()

events = Table(
    "events",
    metadata,
    # SQLite counts by itself only in a column of exactly this type; elsewhere 2^31 events may not be enough.
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("run", String(64), nullable=False),
    Column("host", String(255), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("at", String(32), nullable=False),  # ISO 8601 in UTC: the same text in every database
    Column("body", JSON, nullable=False),
    Column("checksum", String(8)),  # none on events from before there was one
    Index("ix_events_run", "run", "number"),
    Index("ix_events_host_kind", "host", "kind", "number"),
    Index("ix_events_kind", "kind", "number"),
    sqlite_autoincrement=True,  # a number is never used twice, not even after the last events were pruned
)
