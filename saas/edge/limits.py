"""Limits of the operating system that a process with many connections must raise."""

import resource


def many_connections() -> None:
    """Allow as many open files as this user may have; the usual soft limit of 1,024 is a thousand connections."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
