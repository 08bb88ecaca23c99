"""`python -m edge_agent`: the same as the `edge-agent` command, for where the script folder is not on the path."""

from edge_agent.cli import main

main()
