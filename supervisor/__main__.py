"""`python -m supervisor`: the same as the `supervisor` command, for where the script folder is not on the path."""

from supervisor.cli import main

main()
