"""`python -m healer` is the `healer` command."""

from healer.cli.app import main

if __name__ == "__main__":
    main()
