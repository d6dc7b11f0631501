"""The embedded engine without the product around it, for benchmarks that make
tables of their own: chDB through the product's own C shim.
"""

import ctypes
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
SHIM = ROOT / "Sources/CArrowDatabase"


class Engine:
    """An open data folder; one in a process, as the engine wants it."""

    def __init__(self, folder, library=None):
        self.scratch = tempfile.mkdtemp(prefix="netmeta-engine-")
        shim = os.path.join(self.scratch, "shim.so")
        compiler = shutil.which("clang") or shutil.which("cc") or sys.exit("a C compiler is needed: install clang")
        subprocess.run([compiler, "-O1", "-shared", "-fPIC", f"-I{SHIM}/include", "-o", shim,
                        f"{SHIM}/arrow_database.c", "-ldl"], check=True)
        self.shim = ctypes.CDLL(shim)
        for function in ("netmeta_database_open", "netmeta_connection_open"):
            getattr(self.shim, function).restype = ctypes.c_void_p
        self.message = ctypes.c_char_p()
        words = [str(library or find_library()).encode(), None, os.path.abspath(folder).encode()]
        self.database = self.shim.netmeta_database_open(*words, ctypes.byref(self.message))
        if not self.database:
            raise RuntimeError(self.message.value.decode())
        self.connection = self.shim.netmeta_connection_open(ctypes.c_void_p(self.database), ctypes.byref(self.message))
        if not self.connection:
            raise RuntimeError(self.message.value.decode())

    def run(self, sql):
        """Runs a statement without an answer."""
        if self.shim.netmeta_execute(ctypes.c_void_p(self.connection), sql.encode(), None, ctypes.byref(self.message)):
            raise RuntimeError(f"{self.message.value.decode()[:2000]}\nat {sql[:500]}")

    def ask(self, select):
        """The answer of a SELECT of one column as text, a line a row."""
        answer = os.path.join(self.scratch, "answer")
        self.run(f"INSERT INTO FUNCTION file('{answer}', 'TSVRaw', 'value String')"
                 f" SELECT toString(*) FROM ({select}) SETTINGS engine_file_truncate_on_insert = 1")
        with open(answer, encoding="utf-8") as lines:
            return lines.read()

    def end(self, code=0):
        """Ends the process, without the engine's own threads, which may still be busy; what was written stays."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        sys.stdout.flush()
        os._exit(code)


def find_library():
    """The library that setup fetched."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "netmeta"
    found = sorted(cache.glob("chdb-*/libchdb.so"))
    if not found:
        sys.exit("no chDB library: make setup fetches it")
    return found[-1]
