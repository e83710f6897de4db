# SPDX-License-Identifier: Apache-2.0
"""What the kernel says, from now on.

    log = kernel_log.Log()
    ...
    for line in log.lines(): ...
"""

from __future__ import annotations

import os
from pathlib import Path


def unlimited() -> None:
    """Have it say everything: audit records go through the same rate limit as all else."""
    Path("/proc/sys/kernel/printk_ratelimit").write_text("0\n")


class Log:
    """Everything that was logged since this object was made."""

    def __init__(self) -> None:
        self._file = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self._file, 0, os.SEEK_END)
        self._lines: list[str] = []

    def lines(self) -> list[str]:
        """The messages, without the stamp in front."""
        while True:
            try:
                record = os.read(self._file, 8192).decode(errors="replace")
            except BlockingIOError:
                return self._lines
            except BrokenPipeError:         # the oldest were overwritten
                raise RuntimeError("the kernel's log ran over: messages are lost") from None
            self._lines.append(record.partition(";")[2].partition("\n")[0])

    def __del__(self) -> None:
        os.close(self._file)
