"""Processes of NetMeta, each in a role."""

import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.request

import brokers

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("NETMETA_BINARY", str(ROOT / ".build/release/netmeta"))


class Process:
    """`netmeta serve` in a role, with a data folder that outlives it."""

    def __init__(self, role, folder, kafka, profile="small"):
        self.role, self.data = role, folder / "data"
        folder.mkdir(parents=True, exist_ok=True)
        self.netflow = brokers.free_port(socket.SOCK_DGRAM)
        self.web = brokers.free_port()
        self.configuration = folder / "netmeta.yaml"
        # JSON is YAML.
        self.configuration.write_text(json.dumps({
            "listeners": {"netflow": f"127.0.0.1:{self.netflow}", "ipfix": "off", "sflow": "off"},
            "console": {"listen": f"127.0.0.1:{self.web}"},
            "kafka": kafka,
            "store": {"profile": profile, "flushSeconds": 0.5 if profile == "small" else 1},
        }))
        self.errors = folder / "stderr"
        self.process = None

    def start(self):
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [BINARY, "serve", "--role", self.role, "--config", self.configuration, "--data", self.data],
                stdout=subprocess.PIPE, stderr=errors, text=True)
        lines = []
        for line in self.process.stdout:
            lines.append(line.rstrip())
            if line == "ready\n":
                # Nobody reads on, and little is written.
                return lines
        raise AssertionError(f"{self.role} ended with {self.process.wait()}: {self.errors.read_text()[-2000:]}")

    def stop(self, how=signal.SIGTERM):
        if self.process is None:
            return
        self.process.send_signal(how)
        status = self.process.wait(90)
        self.process.stdout.close()
        self.process = None
        assert status == (0 if how == signal.SIGTERM else -how), self.errors.read_text()[-2000:]

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.web}/metrics", timeout=60) as answer:
            text = answer.read().decode()
        found = {}
        for name, labels, value in re.findall(r"^(\w+)(\{[^}]*\})? ([0-9.e+-]+)$", text, re.MULTILINE):
            found[name + labels] = float(value)
        return found

    def metric(self, name):
        """The sum over its labels; 0 when it isn't there."""
        return sum(value for key, value in self.metrics().items() if key == name or key.startswith(name + "{"))

    def query(self, sql):
        made = subprocess.run([BINARY, "query", "--data", self.data, "--format", "JSONCompact", sql],
                              capture_output=True, text=True, timeout=120)
        assert made.returncode == 0, made.stderr
        return json.loads(made.stdout)["data"]

    def sums(self):
        """Flows, bytes and packets in the store."""
        row = self.query("SELECT count(), sum(Bytes), sum(Packets) FROM flows_raw")[0]
        return tuple(int(value) for value in row)


class Processes:
    def __init__(self, folder):
        self.folder, self.all = folder, []

    def make(self, role, name, kafka, profile="small"):
        made = Process(role, self.folder / name, kafka, profile)
        self.all.append(made)
        return made

    def kill(self):
        for one in self.all:
            # Shown by pytest where a test failed.
            if one.errors.exists():
                print(f"{one.data.parent.name}, {one.role}: {one.errors.read_text()[-1500:]}")
            if one.process:
                try:
                    print({key: value for key, value in one.metrics().items() if key.startswith("netmeta_kafka") and value})
                except (OSError, http.client.HTTPException) as error:
                    print(f"no metrics: {error}")
                one.process.kill()
                one.process.wait()
                one.process.stdout.close()


def generate(port, rate, seconds, protocol="v9"):
    """Sends so many datagrams a second in a thread; join() gives what was sent."""
    class Load(threading.Thread):
        def run(self):
            output = subprocess.run(
                [BINARY, "generate", "--protocol", protocol, "--rate", str(rate), "--seconds", str(seconds),
                 "--target", f"127.0.0.1:{port}"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
            self.sent = json.loads(output.stdout.splitlines()[-1])

        def ended(self):
            self.join(120)
            return self.sent

    load = Load()
    load.start()
    return load


def until(condition, what, seconds=90):
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"in vain: {what}"
        time.sleep(0.3)
