"""The program under test as ClickHouse's clients see it: at the port of its SQL endpoint."""

import base64
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("NETMETA_BINARY", str(ROOT / ".build/release/netmeta"))
START_SECONDS = 60


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        return other.getsockname()[1]


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode()


class Program:
    """A running `netmeta serve` on ports of its own."""

    def __init__(self, folder, extra="", sql="on", store=""):
        self.folder = pathlib.Path(folder)
        self.netflow, self.console, self.port = free_port(socket.SOCK_DGRAM), free_port(), free_port()
        listen = f'"127.0.0.1:{self.port}"' if sql == "on" else sql
        self.configuration = self.folder / "netmeta.yaml"
        self.configuration.write_text(
            f'listeners: {{netflow: "127.0.0.1:{self.netflow}", ipfix: off, sflow: off}}\n'
            f'console: {{listen: "127.0.0.1:{self.console}", sql: {listen}}}\n'
            f"store: {{memory: 1GB, batchRows: 20000{store}}}\n{extra}")
        self.log = self.folder / "serve.log"
        self.process, self.printed = None, ""

    def start(self):
        with self.log.open("a") as errors:
            self.process = subprocess.Popen(
                [BINARY, "serve", "--config", self.configuration, "--data", self.folder / "data"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, cwd=self.folder)
        deadline, seen = time.monotonic() + START_SECONDS, b""
        while not any(line.startswith(b"ready") for line in seen.splitlines()):
            readable, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            chunk = os.read(self.process.stdout.fileno(), 4096) if readable else b""
            if not chunk:
                self.process.kill()
                raise AssertionError(f"not ready: {seen.decode()}\n{self.log.read_text()}")
            seen += chunk
        self.printed = seen.decode()
        return self

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0, self.log.read_text()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def command(self, *words):
        """What a command prints that works with the configuration and the data folder by itself."""
        name, *rest = words
        subcommand = [rest.pop(0)] if name == "import" else []
        return subprocess.run(
            [BINARY, name, *subcommand, "--config", self.configuration, "--data", self.folder / "data", *rest],
            check=True, capture_output=True, text=True, timeout=120).stdout

    def send(self, seconds=1, rate=100):
        """Sends NetFlow v5, 30 records a datagram; gives what was sent."""
        output = subprocess.run(
            [BINARY, "generate", "--protocol", "v5", "--rate", str(rate), "--seconds", str(seconds),
             "--target", f"127.0.0.1:{self.netflow}"], check=True, capture_output=True, text=True, timeout=60).stdout
        return json.loads(output.splitlines()[-1])

    def fill(self):
        """Sends flows and waits until all of them are stored; gives what was sent."""
        sent = self.send(seconds=2)
        until(lambda: self.console_sql("SELECT count() AS n FROM flows_raw")[0]["n"] == sent["flows"], "all flows stored")
        return sent

    def rows(self):
        """How many flows are stored; None while the store can't tell."""
        try:
            return self.console_sql("SELECT count() AS n FROM flows_raw")[0]["n"]
        except urllib.error.HTTPError:
            return None

    def console_sql(self, sql):
        """Rows by way of the console's API, with 64-bit numbers as numbers."""
        words = urllib.parse.urlencode({"sql": sql})
        with urllib.request.urlopen(f"http://127.0.0.1:{self.console}/api/v1/query?{words}", timeout=30) as answer:
            rows = json.load(answer)["data"]
        return [{name: int(value) if isinstance(value, str) and value.isdigit() else value
                 for name, value in row.items()} for row in rows]

    def health(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.console}/api/v1/health", timeout=30) as answer:
            return json.load(answer)

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.console}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}

    def ask(self, sql=None, path="/", method="POST", headers=None, basic=None, **parameters):
        """One request to the SQL endpoint; `sql` is the body."""
        headers = dict(headers or {})
        if basic:
            headers["Authorization"] = "Basic " + base64.b64encode(basic.encode()).decode()
        query = urllib.parse.urlencode(parameters)
        url = f"http://127.0.0.1:{self.port}{path}" + (f"?{query}" if query else "")
        body = sql.encode() if isinstance(sql, str) else sql
        request = urllib.request.Request(url, data=body if method == "POST" else None, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())


def until(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {seconds} s for: {what}"
        time.sleep(0.1)
    return value
