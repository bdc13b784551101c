"""APScheduler without asyncio, of which it wants one function and which costs the daemon 5.6 MiB.

From Python 3.14 on APScheduler itself takes that function from `inspect`; for the versions before, a stand-in for
`asyncio` holds it while APScheduler is being imported, and is gone afterwards.
"""

import inspect
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING or "asyncio" in sys.modules or sys.version_info >= (3, 14):
    from apscheduler.executors.debug import DebugExecutor
    from apscheduler.schedulers.base import BaseScheduler
else:
    stand_in = ModuleType("asyncio")
    stand_in.iscoroutinefunction = inspect.iscoroutinefunction
    sys.modules["asyncio"] = stand_in
    try:
        from apscheduler.executors.debug import DebugExecutor
        from apscheduler.schedulers.base import BaseScheduler
    finally:
        del sys.modules["asyncio"]

__all__ = ["BaseScheduler", "DebugExecutor"]
