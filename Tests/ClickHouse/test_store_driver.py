"""ClickHouse servers as the store, by the stand-in of standin.py: ClickHouse's engine, not its server."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from program import ROOT, Program, free_port, until

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "netmeta"
LIBRARY = pathlib.Path(os.environ.get("NETMETA_CHDB_LIBRARY") or next(iter(sorted(CACHE.glob("chdb-*/libchdb.so"))), ""))
USER, PASSWORD = "netmeta", "it's a secret"
CAPTURE = ROOT / "Tests/Fixtures/netflow/softflowd-v9/capture.pcap"

pytestmark = pytest.mark.skipif(
    not list(LIBRARY.parent.glob("libpybind11nonlimitedapi_chdb_*.so")),
    reason="the chDB library's loader for Python is not beside it; Scripts/setup.sh test brings it")


def authority(folder):
    """A certificate for 127.0.0.1 and its key, signed by nobody but the authority of the first file."""
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-subj", "/CN=An authority of its own", "-days", "2")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "server.key", "-out", "server.csr",
            "-subj", "/CN=127.0.0.1")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "server.pem",
            "-days", "2", "-extfile", "names")
    return folder / "ca.pem", folder / "server.pem", folder / "server.key"


class Standin:
    """The stand-in, for one user and over TLS."""

    def __init__(self, folder, port=None, tls=True):
        self.folder, self.port, self.process = folder, port or free_port(), None
        self.certificate = authority(folder)[1:] if tls else ()

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, pathlib.Path(__file__).parent / "standin.py", str(self.port), self.folder / "rows", LIBRARY,
             USER, PASSWORD, *self.certificate],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(self.folder / "standin.log").open("a"), text=True)
        assert self.process.stdout.readline() == "ready\n", (self.folder / "standin.log").read_text()
        return self

    def stop(self):
        self.process.stdin.close()
        self.process.wait(30)


def program(folder, *ports, tls=True, trusts=True):
    servers = ", ".join(f'"http{"s" if tls else ""}://127.0.0.1:{port}"' for port in ports)
    (folder / "password").write_text(PASSWORD)
    trust = f", certificates: {folder / 'ca.pem'}" if tls and trusts else ""
    # Captures may be as old as they like.
    return Program(
        folder, extra="retention: {days: 3000}\n", store=f", kind: clickhouse, servers: [{servers}], user: {USER}, password: {{file: {folder / 'password'}}}{trust}")


def test_rows_go_to_the_server_and_come_back(tmp_path):
    """First no server is there, and batches wait in the spool; then all of them are stored, each once."""
    standin = Standin(tmp_path)
    # The first of the two is nobody, so that the second is asked.
    server = program(tmp_path, free_port(), standin.port).start()
    try:
        assert "no rows can be stored now" in server.log.read_text()
        before = server.send()
        until(lambda: server.health()["spool"]["batches"] > 0, "a batch in the spool")
        standin.start()
        # The tables are made now.
        until(lambda: server.rows() == before["flows"], "rows that came before the server", 180)
        assert server.health()["spool"]["batches"] == 0
        after = server.send()
        sent = {name: before[name] + after[name] for name in ("flows", "bytes", "packets")}
        until(lambda: server.rows() == sent["flows"], "all rows")
        assert not (tmp_path / "data/engine").exists()
        row = server.console_sql("SELECT sum(Bytes) AS b, sum(Packets) AS p, uniqExact(SrcAddr) > 1 AS s FROM flows_raw")[0]
        assert (row["b"], row["p"]) == (sent["bytes"], sent["packets"]) and row["s"]
        rollup = server.console_sql("SELECT toUInt64(sum(Flows)) AS n FROM flows_1m_interfaces")[0]
        assert rollup["n"] == sent["flows"]
        # The console's own questions, and the SQL endpoint, in the server's formats.
        until(lambda: server.health()["store"]["rows"] == sent["flows"], "the size of the store")
        assert server.ask("SELECT count() FROM flows_raw FORMAT JSONEachRow").text == f'{{"count()":{sent["flows"]}}}\n'
        assert server.ask("SELECT {n:UInt8} + 1", param_n="41").text == "42\n"
        refused = server.ask("SELECT * FROM file('/etc/hostname', 'LineAsString')")
        assert refused.status == 403 and refused.headers["X-ClickHouse-Exception-Code"] == "497"
        unknown = server.ask("SELECT x FROM nowhere")
        assert unknown.status == 404 and "UNKNOWN_TABLE" in unknown.text
        port = server.ask("SELECT min(SrcPort) FROM flows_raw").text.strip()
        filters = f"{{'flows_raw' : ' SrcPort = \\'{port}\\' '}}"
        assert server.ask(f"SELECT uniqExact(SrcPort) FROM flows_raw SETTINGS additional_table_filters = {filters}").text == "1\n"
        wrong = "{'flows_raw':'length(file(\\'/etc/hostname\\')) > 0'}"
        assert server.ask("SELECT count() FROM flows_raw", additional_table_filters=wrong).status == 403
        # While no server runs, the commands go to ClickHouse, too.
        server.stop()
        imported = server.command("import", "pcap", CAPTURE)
        added = json.loads(imported.splitlines()[-1])["rowsStored"]
        assert added > 0
        assert server.command("query", "SELECT count() FROM flows_raw").split() == [str(sent["flows"] + added)]
        assert not (tmp_path / "data/engine").exists()
    finally:
        if server.process.poll() is None:
            server.stop()
        standin.stop()


def test_a_wrong_password_and_a_foreign_certificate_are_said(tmp_path):
    standin = Standin(tmp_path).start()
    try:
        server = program(tmp_path, standin.port)
        (tmp_path / "password").write_text("wrong")
        server.start()
        assert "Authentication failed" in server.log.read_text()
        server.stop()
        server = program(tmp_path, standin.port, trusts=False).start()
        assert "store.certificates names authorities to trust" in server.log.read_text()
        server.stop()
    finally:
        standin.stop()
