"""Whether docker's daemon has a configuration of its own, so that one can be given to a daemon that has none."""

from healer.model.logs import DockerConfig
from healer.observe.facts.contract import Fact
from healer.observe.reading import lines, script


def parse(text: str) -> DockerConfig:
    """Return what was found. Raises ValueError on nonsense, and when the answer has no end."""
    *found, end = lines(text) or [""]
    if end != "end":
        raise ValueError("the look at docker's configuration was cut off")
    rows = [line.partition("\t") for line in found]
    if strange := [tag for tag, _, _ in rows if tag not in ("runs", "flag", "present", "checks")]:
        raise ValueError(f"not a line about docker's configuration: {strange[0][:80]!r}")
    tags = {tag for tag, _, _ in rows}
    flags = tuple(dict.fromkeys(rest for tag, _, rest in rows if tag == "flag"))
    return DockerConfig(runs="runs" in tags, present="present" in tags, checks="checks" in tags, flags=flags)


PLUGIN = Fact(name="docker_config", script=script("docker_config.sh"), parse=parse)
