"""Run the command line as `python -m tokcore.cli`."""

from tokcore.cli import main

main()
