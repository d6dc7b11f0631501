"""The embedded engine without the product around it: chDB through the product's own C layer (Sources/CArrowDatabase)."""

import ctypes
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[1]
SHIM = ROOT / "Sources/CArrowDatabase"


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


class Engine:
    """The open data folder of a server that isn't running; one in a process, as the engine wants it."""

    scratch = None

    def __init__(self, data, library=None):
        home = pathlib.Path(data).resolve() / "engine"
        library = str(library or find_library())
        Engine.scratch = tempfile.mkdtemp(prefix="netmeta-engine-")
        shim = os.path.join(self.scratch, "shim.so")
        compiler = shutil.which("clang") or shutil.which("cc") or sys.exit("a C compiler is needed: install clang")
        subprocess.run([compiler, "-O1", "-shared", "-fPIC", f"-I{SHIM}/include", "-o", shim,
                        f"{SHIM}/arrow_database.c", "-ldl"], check=True)
        self.shim = ctypes.CDLL(shim)
        for function in ("netmeta_database_open", "netmeta_connection_open"):
            getattr(self.shim, function).restype = ctypes.c_void_p
        self.message = ctypes.c_char_p()
        os.chdir(home)  # where its config.xml is
        self.database = self.shim.netmeta_database_open(
            library.encode(), None, str(home / "clickhouse").encode(), ctypes.byref(self.message))
        self.connection = self.database and self.shim.netmeta_connection_open(
            ctypes.c_void_p(self.database), ctypes.byref(self.message))
        if not self.connection:
            raise RuntimeError(f"{data}: {self.message.value.decode()}")

    def run(self, sql):
        """Runs a statement without an answer."""
        self._execute(sql, None)

    def read(self, sql):
        """Runs a SELECT, reads all of its rows, and gives their number."""
        stream, rows = Stream(), 0
        self._execute(sql, ctypes.byref(stream))
        while True:
            batch = Array()
            if stream.get_next(ctypes.byref(stream), ctypes.byref(batch)):
                raise RuntimeError(f"{stream.get_last_error(ctypes.byref(stream))}\nat {sql[:500]}")
            if not batch.release:
                break
            rows += batch.length
            batch.release(ctypes.byref(batch))
        stream.release(ctypes.byref(stream))
        return rows

    def ask(self, select):
        """The answer of a SELECT as text, a line a row and a tab between columns."""
        answer = os.path.join(self.scratch, "answer")
        self.run(f"INSERT INTO FUNCTION file('{answer}', 'TSVRaw') {select} SETTINGS engine_file_truncate_on_insert = 1")
        with open(answer, encoding="utf-8") as lines:
            return lines.read()

    def numbers(self, select):
        """The one row of whole numbers that a SELECT gives."""
        return [int(number) for number in self.ask(select).split()]

    def _execute(self, sql, stream):
        if self.shim.netmeta_execute(
                ctypes.c_void_p(self.connection), sql.encode(), stream, None, ctypes.byref(self.message)):
            raise RuntimeError(f"{self.message.value.decode()[:2000]}\nat {sql[:500]}")


def alone(step, *arguments):
    """Does what opens an engine, and ends the process with the code that it gives.

    The engine's own threads may still be busy then and would keep the process; they aren't waited for. What was
    written stays."""
    code = 1
    try:
        code = step(*arguments) or 0
    except SystemExit as ending:
        # As Python itself: a number is the code, a text is said.
        if isinstance(ending.code, str):
            print(ending.code, file=sys.stderr)
        else:
            code = ending.code or 0
    except BaseException:
        traceback.print_exc()
    if Engine.scratch:
        shutil.rmtree(Engine.scratch, ignore_errors=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def find_library():
    """The library that setup fetched."""
    named = os.environ.get("NETMETA_CHDB_LIBRARY")
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "netmeta"
    found = [named] if named else sorted(cache.glob("chdb-*/libchdb.so"))
    return found[-1] if found else sys.exit("no chDB library: make setup fetches it")
