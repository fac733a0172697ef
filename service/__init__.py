"""The front door: the command line, the controller and its supervisor, the doctor."""

import os


def only_for_us() -> None:
    """What this process and its children write is its owner's alone (0600, 0700), whatever the shell's umask was."""
    os.umask(0o077)
