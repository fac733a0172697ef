"""The forked AGI script of `gridline bench calls`: pyst2 as its documentation uses it, 20 plain commands, one count.

Run by Asterisk for every call, so it imports nothing of ours; its argument is the file that counts commands by bytes.
"""

import os
import sys

from asterisk.agi import AGI

COMMANDS = 20

if __name__ == "__main__":
    agi = AGI(stderr=open(os.devnull, "w"))  # noqa: SIM115, PTH123 -- a script of a few milliseconds
    for step in range(1, COMMANDS + 1):
        agi.set_variable("BENCH_STEP", step)
    with open(sys.argv[1], "ab") as count:  # noqa: PTH123 -- pathlib takes longer to import than this runs
        count.write(b"." * COMMANDS)
