"""The last wall before anything is written down: an event without its secrets."""

from healer.journal.codec import from_text, to_text
from healer.model.events import Event
from healer.model.redact import Redactor


def redacted(event: Event, redactor: Redactor) -> Event:
    """Return the event with every secret masked, in whatever field it hides; the same object when there is none."""
    text = to_text(event)
    clean = redactor.clean(text)
    return event if clean == text else from_text(clean)
