"""The `tokcore` command line: one module a command, nothing but presentation in each."""

from tokcore.cli.app import app, main

__all__ = ["app", "main"]
