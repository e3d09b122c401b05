"""The policy as a person writes it."""

from typing import Any

import pytest
from pydantic import ValidationError
from reclaim_cases import policy


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"over": "90%", "target": "80"}, {"over": 90, "target": 80}),
        ({"min_size": "1.5G"}, {"min_size": 1024**3 * 3 // 2}),
        ({"min_size": "64MiB", "most_bytes": 4096}, {"min_size": 64 * 1024**2, "most_bytes": 4096}),
        ({"keep": "30d", "horizon": "12h"}, {"keep": 30 * 86400, "horizon": 43200}),
        ({"keep": 600}, {"keep": 600}),
        ({"paths": ["/srv/app/"], "forbidden": ["/srv/app/keep"]}, {"paths": ("/srv/app",), "forbidden": ("/srv/app/keep",)}),
    ],
)
def test_a_policy_is_read_as_people_write_it(written: dict[str, Any], read: dict[str, Any]) -> None:
    """Shares with or without their sign, sizes and ages with or without their unit."""
    found = policy(**written)
    assert read == {name: getattr(found, name) for name in read}


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ({"over": 101}, "101 is no percentage from 1% to 100%"),
        ({"over": "much"}, "'much' is no percentage from 1% to 100%"),
        ({"over": 70, "target": 75}, "the target of 75% is not below the trigger of 70%: nothing would ever be enough"),
        ({"min_size": "big"}, "'big' is no size such as 64M or 2G"),
        ({"keep": "a week"}, "'a week' is no age such as 30d or 12h"),
        ({"paths": ["log"]}, "'log' is no absolute path of a folder"),
        ({"paths": ["/var/log/../lib"]}, "'/var/log/../lib' is no absolute path of a folder"),
        ({"paths": ["/"]}, "'/' is never a folder of logs: healer reclaims nothing there"),
        ({"paths": ["/etc/logs"]}, "'/etc/logs' is never a folder of logs: healer reclaims nothing there"),
        ({"rotate": True}, "Extra inputs are not permitted"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(written: dict[str, Any], complaint: str) -> None:
    """The complaint quotes what was written and says what is wrong with it."""
    with pytest.raises(ValidationError) as caught:
        policy(**written)
    assert complaint in str(caught.value)
