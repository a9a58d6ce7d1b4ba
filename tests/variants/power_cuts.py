"""Runs a program on a file system in an image and copies the image just before each operation: ``power_cuts.py ROOT IMAGE OUT PROGRAM ...``.

What lies in a copy is what the disk has at that moment.  OUT then holds ``0000.img`` and so on, ``end.img`` once the program
is done, and ``report``, as the supervisor tells it.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from harness.sandbox.inside.operations import ALWAYS, MAKING, OPENING
from harness.sandbox.inside.supervisor import Supervisor
from harness.sandbox.inside.tracing import CONTINUE, TRACE_ME, attach, ptrace, stop_before


class Copying(Supervisor):
    """Also copies the image whenever a picture is due."""

    image, out = "", ""

    def _take_picture(self, number: int) -> None:
        super()._take_picture(number)
        self.copy(f"{number:04d}")

    def copy(self, name: str) -> None:
        subprocess.run(["cp", "--sparse=always", self.image, f"{self.out}/{name}.img"], check=True)


def main(root: str, image: str, out: str, program: list[str]) -> int:
    child = os.fork()
    if child == 0:
        os.chdir(root)
        ptrace(TRACE_ME, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        stop_before(ALWAYS, OPENING, MAKING)
        os.execv(shutil.which(program[0]) or program[0], program)
    os.waitpid(child, 0)
    attach(child)
    ptrace(CONTINUE, child)
    supervisor = Copying(root, {"act": "record", "at": -1, "pictures": True, "data": True}, set())
    supervisor.image, supervisor.out = image, out
    # `cp` is a child of this process too: it is awaited by its own number, and never traced.
    status = supervisor.attend(child)
    supervisor.copy("end")
    Path(out, "report").write_bytes(supervisor.report())
    Path(out, "status").write_text(json.dumps(os.waitstatus_to_exitcode(status)), encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4], sys.argv[4:]))
