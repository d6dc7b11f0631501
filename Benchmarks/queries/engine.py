"""The embedded engine of a data folder, through the product's own C layer (Sources/CArrowDatabase)."""

import ctypes
import glob
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Array(ctypes.Structure):
    """One record batch: Arrow's C data interface."""


Array._fields_ = [
    *[(name, ctypes.c_int64) for name in ("length", "nulls", "offset", "buffer_count", "child_count")],
    *[(name, ctypes.c_void_p) for name in ("buffers", "children", "dictionary")],
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(Array))), ("private", ctypes.c_void_p)]


class Stream(ctypes.Structure):
    """Record batches in turn."""


Stream._fields_ = [
    ("get_schema", ctypes.c_void_p),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Stream), ctypes.POINTER(Array))),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(Stream))),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(Stream))), ("private", ctypes.c_void_p)]


def library():
    """The chDB library where Scripts/setup.sh puts it."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    found = os.environ.get("NETMETA_CHDB_LIBRARY") or next(iter(glob.glob(f"{cache}/netmeta/chdb-*/libchdb.so")), None)
    if not found:
        raise SystemExit("the chDB library is missing: run Scripts/setup.sh")
    return found


class Engine:
    """Opens the folder of a server that isn't running; one in a process."""

    def __init__(self, data):
        home = pathlib.Path(data).resolve() / "engine"
        shim = pathlib.Path(tempfile.mkdtemp()) / "shim.so"
        source = ROOT / "Sources/CArrowDatabase"
        subprocess.run(["clang", "-O1", "-shared", "-fPIC", f"-I{source}/include", "-o", shim,
                        source / "arrow_database.c", "-ldl"], check=True)
        self.c = ctypes.CDLL(str(shim))
        for name in ("netmeta_database_open", "netmeta_connection_open"):
            getattr(self.c, name).restype = ctypes.c_void_p
        error = ctypes.c_void_p()
        os.chdir(home)  # where its config.xml is
        self.database = self.c.netmeta_database_open(
            library().encode(), None, str(home / "clickhouse").encode(), ctypes.byref(error))
        self.connection = self.database and self.c.netmeta_connection_open(
            ctypes.c_void_p(self.database), ctypes.byref(error))
        if not self.connection:
            raise SystemExit(f"{data}: {self.text(error)}")

    def execute(self, sql):
        """Runs a statement without rows."""
        error = ctypes.c_void_p()
        if self.c.netmeta_execute(ctypes.c_void_p(self.connection), sql.encode(), None, ctypes.byref(error)):
            raise RuntimeError(f"{self.text(error)}\n{sql}")

    def read(self, sql):
        """Runs a SELECT, reads all of its rows, and gives their number."""
        error, stream, rows = ctypes.c_void_p(), Stream(), 0
        if self.c.netmeta_execute(ctypes.c_void_p(self.connection), sql.encode(), ctypes.byref(stream),
                                  ctypes.byref(error)):
            raise RuntimeError(f"{self.text(error)}\n{sql}")
        while True:
            batch = Array()
            if stream.get_next(ctypes.byref(stream), ctypes.byref(batch)):
                raise RuntimeError(f"{stream.get_last_error(ctypes.byref(stream))}\n{sql}")
            if not batch.release:
                break
            rows += batch.length
            batch.release(ctypes.byref(batch))
        stream.release(ctypes.byref(stream))
        return rows

    def numbers(self, sql):
        """The one row of numbers (UInt64 or Float64 cast to UInt64 by the statement) that a statement gives."""
        path = tempfile.mktemp()
        self.execute(f"INSERT INTO FUNCTION file('{path}', 'TSV') {sql}")
        text = pathlib.Path(path).read_text()
        os.unlink(path)
        return [int(number) for number in text.split()]

    @staticmethod
    def text(error):
        return ctypes.string_at(error.value).decode() if error.value else "no message"
