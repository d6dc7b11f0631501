"""The program under test as the labs use it: started with a fresh data folder,
asked through its API and its command line. Everything that the labs assume of
its interface stands here.
"""

import json
import os
import pathlib
import select
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import network

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("NETMETA_BINARY", str(ROOT / ".build/release/netmeta"))

# In the lab's own network the usual ports are free.
NETFLOW, IPFIX, SFLOW, CONSOLE = 2055, 4739, 6343, 8080
PORTS = {"netflow1": NETFLOW, "netflow5": NETFLOW, "netflow9": NETFLOW, "ipfix": IPFIX, "sflow": SFLOW}

START_SECONDS = 60


class Collector:
    """A running `netmeta serve`."""

    def __init__(self, folder, netflow=NETFLOW, ipfix=IPFIX, sflow=SFLOW, console=CONSOLE, buffer=None):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.url = f"http://127.0.0.1:{console}"
        self.configuration = self.folder / "netmeta.yaml"
        self.configuration.write_text(
            f"listeners: {{netflow: {netflow}, ipfix: {ipfix}, sflow: {sflow}"
            f"{'' if buffer is None else f', receiveBuffer: {buffer}'}}}\n"
            f'console: {{listen: "127.0.0.1:{console}"}}\n')
        self.log = self.folder / "serve.log"
        self.process = None
        # Words in front of the program, and what its environment has besides.
        self.wrapper, self.environment = [], {}

    def begin(self):
        """Starts it and doesn't wait until it is ready."""
        with self.log.open("a") as errors:
            self.process = subprocess.Popen(
                [*self.wrapper, BINARY, "serve", "--config", str(self.configuration), "--data", str(self.data)],
                env=os.environ | self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, cwd=self.folder)
        return self

    def start(self):
        self.begin()
        deadline, seen = time.monotonic() + START_SECONDS, b""
        while not any(line.startswith(b"ready") for line in seen.splitlines()):
            readable, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            chunk = os.read(self.process.stdout.fileno(), 4096) if readable else b""
            if not chunk:
                self.process.kill()
                raise AssertionError(f"not ready: {seen.decode()}\n{self.log.read_text()}")
            seen += chunk
        return self

    def stop(self):
        """Stops it as an operator does; it has to end by itself and without error."""
        self.process.send_signal(signal.SIGTERM)
        try:
            output, _ = self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running a minute after SIGTERM\n{self.log.read_text()}")
        assert self.process.returncode == 0, f"exit code {self.process.returncode}\n{self.log.read_text()}"

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    # MARK: - Questions

    def api(self, path, **parameters):
        """The JSON answer of a route below /api/v1."""
        # "from" is a keyword of this language.
        words = urllib.parse.urlencode({name.rstrip("_"): value for name, value in parameters.items()})
        url = f"{self.url}/api/v1/{path}?{words}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{url}: {error.code} {error.read().decode(errors='replace')}")

    def sql(self, text):
        """The rows of a query through the API, with 64-bit numbers as numbers."""
        return [{name: number(value) for name, value in row.items()} for row in self.api("query", sql=text)["data"]]

    def command_line(self, text):
        """The rows of a query through `netmeta query`."""
        words = [BINARY, "query", "--config", str(self.configuration), "--data", str(self.data), "--format", "JSON", text]
        output = network.run(*words, cwd=self.folder, timeout=60)
        answer = json.loads(output)
        return [{name: number(value) for name, value in row.items()} for row in answer["data"]]

    def rows(self, condition="1"):
        return self.sql(f"SELECT count() AS n FROM flows_raw WHERE {condition}")[0]["n"]

    def settled(self, condition, seconds=30):
        """Waits until rows of the condition are there, none is on its way and no more come for a while."""
        network.wait_for(lambda: self.rows(condition), f"rows where {condition}", seconds)
        before = -1
        while (now := self.rows(condition)) != before or self.api("health/losses")["rows"]["inFlight"]["total"]:
            before = now
            # Longer than the second in which a batch is sealed.
            time.sleep(1.5)
        return now

    def accounted(self, datagrams, seconds=60):
        """The account of losses once so many datagrams have arrived and nothing is on its way any more."""
        def account():
            losses = self.api("health/losses")
            waits = losses["rows"]["inFlight"]["total"] + sum(
                listener["buffer"]["used"] for listener in losses["listeners"] if listener["buffer"])
            return losses if losses["datagrams"]["arrived"] >= datagrams and waits == 0 else None
        network.wait_for(account, f"an account of {datagrams} datagrams", seconds)
        return self.api("health/losses")

    def metrics(self):
        """The samples of /metrics: {'name{label="value"}': number}."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return {name: float(value) for name, value in
                (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}

    def streams(self, ports, extra=""):
        """Sums for each source port: {port: {flows, packets, bytes, ...}}."""
        listed = ", ".join(str(port) for port in ports)
        answer = self.sql(
            "SELECT SrcPort AS port, count() AS flows, sum(Packets) AS packets, sum(Bytes) AS bytes,"
            " sum(Packets * if(SamplingRate = 0, 1, SamplingRate)) AS scaledPackets,"
            " sum(Bytes * if(SamplingRate = 0, 1, SamplingRate)) AS scaledBytes,"
            " min(SamplingRate) AS lowestRate, max(SamplingRate) AS highestRate,"
            " groupUniqArray(toString(FlowType)) AS types, groupUniqArray(toString(SrcAddr)) AS sources,"
            " groupUniqArray(toString(DstAddr)) AS targets, groupUniqArray(DstPort) AS targetPorts,"
            " groupUniqArray(Proto) AS protocols, groupUniqArray(toString(SamplerAddress)) AS samplers"
            f" FROM flows_raw WHERE Proto = 17 AND SrcPort IN ({listed}) {extra} GROUP BY SrcPort")
        return {row["port"]: row for row in answer}


def number(value):
    """64-bit integers come as text from some JSON formats."""
    if isinstance(value, list):
        return [number(item) for item in value]
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return value


def mapped(address):
    """How an address stands in a column of 16 bytes."""
    return address if ":" in address else f"::ffff:{address}"
