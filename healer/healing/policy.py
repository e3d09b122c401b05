"""What may be done about services, as data: which ones, how to tell that they are well, how far to go, and when to keep still."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from healer.healing.written import (
    dependency,
    moment,
    nearest,
    percent,
    port,
    port_of_address,
    seconds,
    unit_name,
    words_of_command,
)
from healer.model.services import RUNGS, Rung

PROBE_KINDS = ("http", "tcp", "command", "heartbeat", "unit", "log_pattern", "backlog")
NEVER_IN_PLACE = (
    "dbus.service", "dbus-broker.service", "systemd-logind.service", "systemd-journald.service", "systemd-udevd.service", "user@*.service",
    "getty@*.service", "serial-getty@*.service", "display-manager.service", "gdm*.service", "lightdm.service", "sddm.service",
    "NetworkManager.service", "systemd-networkd.service", "networking.service", "wpa_supplicant*.service", "containerd.service",
    "docker.service", "libvirtd.service", "systemd-*-generator.service", "initrd-*.service", "emergency.service", "rescue.service",
)  # fmt: skip
"""Services that healer heals only where the policy names them: to restart one cuts sessions, the network, or what runs in it."""


Seconds = Annotated[float, BeforeValidator(seconds)]
UnitName = Annotated[str, AfterValidator(unit_name)]
Percent = Annotated[float, BeforeValidator(percent)]
Port = Annotated[int, BeforeValidator(port)]
Address = Annotated[int | str, BeforeValidator(port_of_address)]
Command = Annotated[tuple[str, ...], BeforeValidator(words_of_command)]
Dependency = Annotated[str, AfterValidator(dependency)]
Moment = Annotated[datetime, BeforeValidator(moment)]


class Model(BaseModel):
    """Base of the policy's parts: an unknown word is a mistake, never passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _known_words(cls, value: Any) -> Any:
        cls._check_words(value)
        return value

    @classmethod
    def _check_words(cls, value: Any) -> None:
        words = [field.alias or name for name, field in cls.model_fields.items()]
        for word in value if isinstance(value, Mapping) else ():
            if word not in words and word not in cls.model_fields:
                raise ValueError(f"{word} is no word here{nearest(str(word), words)}")


class ProbePolicy(Model):
    """One question that tells whether a service is well: exactly one of the seven kinds.

    `http` is a URL, `tcp` a port or ADDRESS:PORT, `command` an argument list (0 is good), `heartbeat` a file that must be younger than
    `older_than`, `unit` another unit that must be active, `log_pattern` an extended regular expression that must not stand more than
    `more_than` times in `file` (empty: the unit's journal) within the last `within` seconds, `backlog` a port whose queue of connections
    must not be full. `status`, `contains`, `headers` and `verify` belong to `http`. `origin` (written `from`) is `host`, `control`,
    `another` (the next host of the group) or a host's name. After `failures` bad answers in a row the service counts as stuck.
    """

    http: str | None = None
    tcp: Address | None = None
    command: Command | None = None
    heartbeat: str | None = None
    unit: UnitName | None = None
    log_pattern: str | None = None
    backlog: Port | None = None
    status: tuple[int, ...] = (200,)
    contains: str = ""
    headers: Mapping[str, str] = Field(default_factory=dict)
    verify: bool = True
    older_than: Seconds = 120.0
    file: str = ""
    within: Seconds = 300.0
    more_than: int = Field(default=0, ge=0)
    timeout: Seconds = Field(default=5.0, gt=0, le=60)
    failures: int = Field(default=3, ge=1, le=100)
    origin: str = Field(default="host", alias="from")

    @model_validator(mode="before")
    @classmethod
    def _kind(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ValueError(f"a probe is written as KIND: WHAT, with KIND one of {', '.join(PROBE_KINDS)}")  # noqa: TRY004  pydantic
        cls._check_words(value)
        kinds = [name for name in PROBE_KINDS if value.get(name) is not None]
        if len(kinds) != 1:
            raise ValueError(f"a probe has exactly one of {', '.join(PROBE_KINDS)}; here are {', '.join(kinds) or 'none of them'}")
        listed = {"status": [value["status"]]} if isinstance(value.get("status"), int) else {}
        return {**value, **listed}

    @model_validator(mode="after")
    def _sensible(self) -> "ProbePolicy":
        if self.http is not None and not re.match(r"https?://[^/\s]", self.http):
            raise ValueError(f"{self.http!r} is no URL such as http://127.0.0.1/")
        for path in (self.heartbeat, self.file or None):
            if path is not None and not path.startswith("/"):
                raise ValueError(f"{path!r} is no absolute path of a file")
        if self.log_pattern == "":
            raise ValueError("an empty log_pattern stands in every line")
        return self

    @property
    def kind(self) -> str:
        """The one kind that it has."""
        return next(name for name in PROBE_KINDS if getattr(self, name) is not None)


class Maintenance(Model):
    """Nothing is healed `until` then. `why` is told to whoever asks."""

    until: Moment
    why: str = ""


class ServicePolicy(Model):
    """One service, or all that a pattern names.

    `depends_on` names what must be well first: units of the same host, or HOST/UNIT. `ladder` are the rungs that may be used for a service
    that is stuck, gentlest first; one that is down is always started. After `heals` tries on a host `within` so many seconds comes the
    quarantine. `grace` is how long a service may take after its start until its probes count. `stays` is how long it must stay up to count
    as brought back. `rung_timeout` bounds each rung. `debugger` is a command that is run with the main process's number before a kill.
    """

    unit: UnitName
    probes: tuple[ProbePolicy, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    ladder: tuple[Rung, ...] = ("restart", "kill")
    heals: int = Field(default=3, ge=1, le=100)
    within: Seconds = Field(default=3600.0, gt=0)
    grace: Seconds = 60.0
    stays: Seconds = Field(default=8.0, le=300)
    rung_timeout: Seconds = Field(default=90.0, gt=0, le=900)
    debugger: tuple[str, ...] = ()
    maintenance: Maintenance | None = None

    @model_validator(mode="before")
    @classmethod
    def _entry(cls, value: Any) -> Any:
        if isinstance(value, str):
            raise ValueError(f"a service is written as `- unit: {value}`")  # noqa: TRY004  pydantic
        return value

    @model_validator(mode="after")
    def _ascending(self) -> "ServicePolicy":
        if list(self.ladder) != sorted(set(self.ladder), key=RUNGS.index):
            raise ValueError(f"the ladder goes upwards, each rung once: {' -> '.join(RUNGS)}")
        if self.unit in self.depends_on:
            raise ValueError(f"{self.unit} cannot depend on itself")
        return self


class ServicesPolicy(Model):
    """What holds for a host. `defaults` says whether services that no entry names are looked after when they have failed.

    `never` are patterns that are healed only where an entry of `services` names them. A host or group with more than max(1, `meltdown`) of
    its members bad within ten minutes is left alone. Pressure above `starved` (percent, PSI `some` over a minute) means starved, not stuck.
    """

    services: tuple[ServicePolicy, ...] = ()
    defaults: bool = True
    never: tuple[UnitName, ...] = NEVER_IN_PLACE
    maintenance: Maintenance | None = None
    meltdown: Percent = 20.0
    starved: Percent = 60.0
    rollback: bool = False

    @model_validator(mode="after")
    def _once(self) -> "ServicesPolicy":
        names = [one.unit for one in self.services]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(f"{twice[0]} has two entries; one service has one")
        return self


VARIABLES: Mapping[str, str] = {
    "services": "services",
    "services_defaults": "defaults",
    "services_never": "never",
    "maintenance": "maintenance",
    "services_meltdown": "meltdown",
    "services_starved": "starved",
}
"""Inventory variable -> field of the policy."""


def policy_of(variables: Mapping[str, object]) -> ServicesPolicy:
    """Return the policy of a host with these variables, which are rendered already. Raises ValueError (pydantic's) for a mistake."""
    return ServicesPolicy.model_validate({field: variables[name] for name, field in VARIABLES.items() if variables.get(name) is not None})


def unknown_hosts(policy: ServicesPolicy, hosts: Collection[str]) -> tuple[str, ...]:
    """Return what is named as another host, by `depends_on` or a probe's `from`, and is none of the inventory's `hosts`, sorted."""
    words = [word for entry in policy.services for word in entry.depends_on]
    named = {word.rpartition("/")[0] for word in words} | {probe.origin for entry in policy.services for probe in entry.probes}
    return tuple(sorted(named - {"", "host", "control", "another"} - set(hosts)))
