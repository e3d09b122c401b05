"""The words of a policy as people write them: times, shares, ports, names, moments. A mistake is told in a sentence. Pure."""

import difflib
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

TIMES = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(value: Any) -> Any:
    """Return seconds for `90s`, `5m`, `1h`, 600. Raises ValueError; nothing below 0 is a time."""
    text = str(value).strip().lower()
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd]?)", text)
    if re.match(r"-\s*[\d.]", text):
        raise ValueError(f"{value!r} is below 0: no time is")
    if not found or isinstance(value, bool):
        raise ValueError(f"{value!r} is no time such as 90s, 5m or 1h")
    return float(found[1]) * TIMES[found[2] or "s"]


def percent(value: Any) -> Any:
    """Return the number of `20%` or 20. Raises ValueError for what is no share above 0 % up to 100 %."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%?", str(value).strip())
    if not found or isinstance(value, bool) or not 0 < float(found[1]) <= 100:
        raise ValueError(f"{value!r} is no percentage above 0% up to 100%")
    return float(found[1])


def port(value: Any) -> Any:
    """Return a port's number. Raises ValueError for what is none."""
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,5}", str(value)) or not 0 < int(value) < 65536:
        raise ValueError(f"{value!r} is no port from 1 to 65535")
    return int(value)


def port_of_address(value: Any) -> Any:
    """Return a port, or ADDRESS:PORT as it was written. Raises ValueError for what is neither."""
    address, colon, number = str(value).rpartition(":")
    found = port(value if not colon else number)
    return value if address else found


def words_of_command(value: Any) -> Any:
    """Return the argument list. Raises ValueError for a text: no shell reads it."""
    if isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is no list of words such as [pg_isready, -q]: no shell reads it")
    return value


def is_pattern(unit: str) -> bool:
    """Return whether the name stands for all units that it fits."""
    return any(sign in unit for sign in "*?[")


def unit_name(value: str) -> str:
    """Return a unit's full name or pattern; a bare name is a service. Raises ValueError for what is no service."""
    if not re.fullmatch(r"[A-Za-z0-9:_.@\\*?\[\]-]+", value) or value.startswith("-"):
        raise ValueError(f"{value!r} is no name of a unit, and no pattern of such names")
    if value.endswith((".socket", ".timer", ".path", ".mount", ".target", ".slice", ".device", ".swap", ".automount", ".scope")):
        raise ValueError(f"{value!r} is no service: only services are healed")
    return value if value.endswith((".service", "*")) else f"{value}.service"


def moment(value: Any) -> Any:
    """Return the instant, aware, of `2026-12-24 06:00 Europe/Berlin`; without a zone it is UTC. Raises ValueError."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=ZoneInfo("UTC"))
    text, _, zone = str(value).strip().rpartition(" ")
    if not text or re.fullmatch(r"[\d:]+", zone):
        text, zone = str(value).strip(), "UTC"
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
    except ZoneInfoNotFoundError as error:
        raise ValueError(f"{zone} is no time zone{nearest(zone, available_timezones())}") from error
    except ValueError as error:
        raise ValueError(f"{value!r} is no time such as `2026-12-24 06:00 Europe/Berlin`") from error


def nearest(word: str, words: Iterable[str]) -> str:
    """Return the question whether the nearest of the words was meant, or an empty text when none is near."""
    near = difflib.get_close_matches(word, list(words), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def dependency(value: str) -> str:
    """Return HOST/UNIT or UNIT with the unit's full name. Raises ValueError."""
    host, slash, unit = value.rpartition("/")
    if slash and (not host or "/" in host):
        raise ValueError(f"{value!r} is no HOST/UNIT, and no unit of the same host")
    name = unit_name(unit)
    if is_pattern(name):
        raise ValueError(f"{value!r} is a pattern: a dependency names one service")
    return f"{host}{slash}{name}"
