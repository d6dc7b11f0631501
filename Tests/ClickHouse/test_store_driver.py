"""ClickHouse servers as the store, by the stand-in of standin.py: ClickHouse's engine, not its server."""

import os
import pathlib
import subprocess
import sys

import pytest

from program import Program, free_port, until

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "netmeta"
LIBRARY = pathlib.Path(os.environ.get("NETMETA_CHDB_LIBRARY") or next(iter(sorted(CACHE.glob("chdb-*/libchdb.so"))), ""))
PASSWORD = "it's a secret"

pytestmark = pytest.mark.skipif(
    not list(LIBRARY.parent.glob("libpybind11nonlimitedapi_chdb_*.so")),
    reason="the chDB library's loader for Python is not beside it; Scripts/setup.sh test brings it")


class Standin:
    def __init__(self, folder, port=None):
        self.folder, self.port, self.process = folder, port or free_port(), None

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, pathlib.Path(__file__).parent / "standin.py", str(self.port), self.folder / "rows", LIBRARY, PASSWORD],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(self.folder / "standin.log").open("a"), text=True)
        assert self.process.stdout.readline() == "ready\n", (self.folder / "standin.log").read_text()
        return self

    def stop(self):
        self.process.stdin.close()
        self.process.wait(30)


def program(folder, *ports):
    servers = ", ".join(f'"http://127.0.0.1:{port}"' for port in ports)
    (folder / "password").write_text(PASSWORD)
    return Program(
        folder, store=f", kind: clickhouse, servers: [{servers}], password: {{file: {folder / 'password'}}}")


def test_rows_go_to_the_server_and_come_back(tmp_path):
    standin = Standin(tmp_path).start()
    # The first of the two is nobody, so that the second is asked.
    server = program(tmp_path, free_port(), standin.port).start()
    try:
        sent = server.fill()
        assert not (tmp_path / "data/engine").exists()
        row = server.console_sql("SELECT count() AS n, sum(Bytes) AS b, sum(Packets) AS p, uniqExact(SrcAddr) > 1 AS s FROM flows_raw")[0]
        assert (row["n"], row["b"], row["p"]) == (sent["flows"], sent["bytes"], sent["packets"]) and row["s"]
        rollup = server.console_sql("SELECT toUInt64(sum(Flows)) AS n FROM flows_1m_interfaces")[0]
        assert rollup["n"] == sent["flows"]
        # The console's own questions, and the SQL endpoint, in the server's formats.
        assert server.health()["store"]["rows"] == sent["flows"]
        assert server.ask("SELECT count() FROM flows_raw FORMAT JSONEachRow").text == f'{{"count()":{sent["flows"]}}}\n'
        assert server.ask("SELECT {n:UInt8} + 1", param_n="41").text == "42\n"
        refused = server.ask("SELECT * FROM file('/etc/hostname', 'LineAsString')")
        assert refused.status == 403 and refused.headers["X-ClickHouse-Exception-Code"] == "497"
        unknown = server.ask("SELECT x FROM nowhere")
        assert unknown.status == 404 and "UNKNOWN_TABLE" in unknown.text

        # Away for a while: batches wait in the spool, and each is stored once.
        standin.stop()
        more = server.send()
        until(lambda: server.health()["spool"]["batches"] > 0, "a batch in the spool")
        standin.start()
        until(lambda: server.health()["spool"]["batches"] == 0, "an empty spool", 90)
        until(lambda: server.console_sql("SELECT count() AS n FROM flows_raw")[0]["n"] == sent["flows"] + more["flows"], "all rows")
    finally:
        server.stop()
        standin.stop()


def test_started_before_the_server_is_there(tmp_path):
    standin = Standin(tmp_path)
    server = program(tmp_path, standin.port).start()
    try:
        assert "no rows can be stored now" in server.log.read_text()
        sent = server.send()
        until(lambda: server.health()["spool"]["batches"] > 0, "a batch in the spool")
        standin.start()
        def stored():
            try:
                return server.console_sql("SELECT count() AS n FROM flows_raw")[0]["n"] == sent["flows"]
            except OSError:
                return False
        until(stored, "rows that came before the server", 90)
    finally:
        server.stop()
        standin.stop()


def test_a_wrong_password_is_said(tmp_path):
    standin = Standin(tmp_path).start()
    server = program(tmp_path, standin.port)
    (tmp_path / "password").write_text("wrong")
    try:
        server.start()
        assert "Authentication failed" in server.log.read_text()
        server.stop()
    finally:
        standin.stop()
