"""`--help` is quick because nothing heavy is imported before a command needs it."""

import subprocess
import sys

HEAVY = ("fabric", "paramiko", "sqlalchemy", "alembic", "pydantic", "jinja2", "rich", "yaml", "apprise")


def test_the_command_line_imports_nothing_heavy() -> None:
    """Importing the command line leaves every heavy library unimported, so that help and shell completion answer at once."""
    program = f"import sys, healer.cli.app; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "" == run.stdout.strip()


def test_help_imports_nothing_heavy() -> None:
    """The help page of a command that talks to hosts needs none of the heavy libraries either."""
    program = (
        "import sys\nfrom healer.cli.app import main\n"
        "try:\n    main(['patch', '--help'])\nexcept SystemExit:\n    pass\n"
        f"print('heavy:', *[name for name in {HEAVY!r} if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "heavy:" == run.stdout.splitlines()[-1]
