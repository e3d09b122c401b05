"""Asks Ansible once for all cases and hands the answers out."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from inventory_yaml_cases import ALL_CASES


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Write every case once and return its folder."""
    folders = {case.name: tmp_path_factory.mktemp("case") for case in ALL_CASES}
    for case in ALL_CASES:
        case.write(folders[case.name])
    return folders


@pytest.fixture(scope="session")
def ansible(written: Mapping[str, Path]) -> Mapping[str, Any]:
    """Ask the real Ansible about every case."""
    questions = [
        {
            "sources": case.given(written[case.name]),
            "playbook_dir": str(written[case.name] / case.playbook_dir) if case.playbook_dir else "",
            "patterns": list(case.patterns),
        }
        for case in ALL_CASES
    ]
    truth = Path(__file__).with_name("inventory_truth.py")
    run = subprocess.run([sys.executable, str(truth)], input=json.dumps(questions), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return dict(zip((case.name for case in ALL_CASES), json.loads(run.stdout), strict=True))
