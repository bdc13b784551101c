"""Disks that lack something, for programs that a test starts: a small library that refuses system calls.

What a network disk, a phone's card or a shared folder of a virtual machine refuse is refused here by name, with the
error that they give. `refusing` tells which variables a program has to be started with.
"""

import errno
import subprocess
import sys
from functools import cache
from pathlib import Path
from shutil import which

import pytest

_SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/types.h>

static int refused(const char *what) {
    const char *given = getenv(what);
    if (given) errno = atoi(given);
    return given != NULL;
}

int flock(int fd, int how) {
    if (refused("REFUSE_FLOCK")) return -1;
    return ((int (*)(int, int))dlsym(RTLD_NEXT, "flock"))(fd, how);
}

static int any_fcntl(const char *name, int fd, int command, void *argument) {
    int is_lock = command == F_GETLK || command == F_SETLK || command == F_SETLKW ||
        command == F_OFD_GETLK || command == F_OFD_SETLK || command == F_OFD_SETLKW;
    if (is_lock && refused("REFUSE_FCNTL")) return -1;
    return ((int (*)(int, int, ...))dlsym(RTLD_NEXT, name))(fd, command, argument);
}

int fcntl(int fd, int command, ...) {
    va_list rest; va_start(rest, command); void *argument = va_arg(rest, void *); va_end(rest);
    return any_fcntl("fcntl", fd, command, argument);
}

int fcntl64(int fd, int command, ...) {
    va_list rest; va_start(rest, command); void *argument = va_arg(rest, void *); va_end(rest);
    return any_fcntl("fcntl64", fd, command, argument);
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t from) {
    if (fd >= 0 && (flags & MAP_SHARED) && refused("REFUSE_MMAP")) return MAP_FAILED;
    return ((void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, "mmap"))(
        at, length, protection, flags, fd, from);
}

void *mmap64(void *at, size_t length, int protection, int flags, int fd, off64_t from) {
    if (fd >= 0 && (flags & MAP_SHARED) && refused("REFUSE_MMAP")) return MAP_FAILED;
    return ((void *(*)(void *, size_t, int, int, int, off64_t))dlsym(RTLD_NEXT, "mmap64"))(
        at, length, protection, flags, fd, from);
}

int bind(int fd, const struct sockaddr *address, socklen_t length) {
    if (address->sa_family == AF_UNIX && refused("REFUSE_BIND")) return -1;
    if (address->sa_family == AF_INET && refused("REFUSE_LOOPBACK")) return -1;
    return ((int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "bind"))(fd, address, length);
}
"""


def refusing(**calls: str) -> dict[str, str]:
    """The variables under which `flock`, `fcntl` (its locks), `mmap` (shared) or `bind` fail with an error by name.

    Skips the test where no such library can be made.
    """
    refused = {f"REFUSE_{call.upper()}": str(getattr(errno, name)) for call, name in calls.items()}
    return {"LD_PRELOAD": str(_library()), **refused}


@cache
def _library() -> Path:
    compiler = which("gcc") or which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("needs Linux and a C compiler, to make a disk that lacks something")
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="recovery-disks-"))
    source, library = folder / "refuse.c", folder / "refuse.so"
    source.write_text(_SOURCE)
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    return library
