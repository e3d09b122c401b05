"""What `healer status` says of a host's services, from what the journal knows of them. Pure."""

from collections.abc import Iterator, Mapping

from healer.model.services import ServicePast

NO_WINDOW = "no window is declared: `healer pass` and `healer watch` patch and reboot nothing here (window: always allows it at any time)"


def service_remarks(past: ServicePast) -> Iterator[str]:
    """Yield the services that wait for a person: those in quarantine, and those whose healing is withheld, with the reason."""
    for unit, reason in sorted(past.quarantined.items()):
        yield f"{unit} is in quarantine: {reason}"
    for unit, (_at, judged) in sorted(past.judged.items()):
        if unit not in past.quarantined and judged.choice in ("withhold", "tell"):
            word = "is not healed" if judged.choice == "withhold" else "needs a person"
            yield f"{unit} {word}: {judged.reason}"


def window_remarks(variables: Mapping[str, object]) -> Iterator[str]:
    """Yield that nobody has said when disruptive work may be done on the host."""
    if variables.get("window") is None:
        yield NO_WINDOW
