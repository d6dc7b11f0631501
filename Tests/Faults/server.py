"""The server under load: what was sent, what questions saw, and whether it adds up."""

import http.client
import json
import subprocess
import threading
import time
import urllib.error
import urllib.request

import collector
import network

# Of NetFlow v5: sequence numbers count records, there are no templates, and each datagram has as many.
RECORDS = 30
EXPORTERS = 4
# Datagrams that are asked for at once.
PAGE = 50_000


class Server(collector.Collector):
    """A collector with a load that goes on while it is killed and started again."""

    def __init__(self, folder, store="", retention=""):
        super().__init__(folder)
        with self.configuration.open("a") as file:
            file.write(f"store: {{{store}}}\nretention: {{{retention}}}\n")
        self.generator, self.sent = None, None
        self.store_folder = self.data / "engine/clickhouse/store"

    def load(self, datagrams, seconds, protocol="v5"):
        """Sends so many datagrams a second."""
        self.generator = subprocess.Popen(
            [*network.WITH_PARENT, collector.BINARY, "generate", "--protocol", protocol, "--rate", str(datagrams),
             "--seconds", str(seconds), "--exporters", str(EXPORTERS),
             "--target", f"127.0.0.1:{collector.NETFLOW}"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def load_ended(self):
        """What the generator says of its load, at its end."""
        output, _ = self.generator.communicate(timeout=600)
        self.generator = None
        return json.loads(output.splitlines()[-1])

    def load_ends(self):
        if self.generator:
            self.generator.kill()
            self.generator.communicate()
            self.generator = None

    # MARK: - Figures

    def health(self):
        return self.api("health")

    def until(self, condition, what, seconds=60):
        """Waits until the health report says so."""
        last = {}

        def asked():
            try:
                last.update(self.health())
            except OSError:
                # It may be starting anew.
                return None
            balanced(last)
            return last if condition(last) else None
        try:
            return network.wait_for(asked, what, seconds)
        except TimeoutError as error:
            told = {name: last.get(name) for name in ("status", "problems", "spool", "lag", "store", "losses")}
            raise TimeoutError(f"{error}; the last report: {told}") from None

    def at_rest(self, seconds=90):
        """The report when nothing is on its way any more."""
        time.sleep(1.5)
        return self.until(
            lambda h: h["losses"]["inFlight"] == 0 and h["spool"]["batches"] == 0 and h["lag"] in (0, None),
            "everything stored", seconds)

    def datagrams(self, newest=None):
        """How many rows there are of each datagram: {(exporter, sequence number): rows}."""
        condition = f"TimeReceived > now() - {newest}" if newest else "1"
        count = self.sql(f"SELECT uniqExact(SamplerAddress, SequenceNum) AS n FROM flows_raw WHERE {condition}")[0]["n"]
        # An answer has at most 100,000 rows; more come while this is asked.
        pages, found = count // PAGE + 1, {}
        for page in range(pages):
            rows = self.sql(
                "SELECT toString(SamplerAddress) AS s, SequenceNum AS n, count() AS c FROM flows_raw"
                f" WHERE {condition} AND cityHash64(SamplerAddress, SequenceNum) % {pages} = {page} GROUP BY s, n")
            found |= {(row["s"], row["n"]): row["c"] for row in rows}
        return found

    def sequences_noted(self):
        """Whether the next life will know where each exporter's sequence was."""
        noted = self.data / "sequences.txt"
        return noted.exists() and len(noted.read_text().splitlines()) >= EXPORTERS

    def metric(self, name):
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=30) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(name + " "):
                    return float(line.split()[1])
        raise AssertionError(f"no metric {name}")


class Questions(threading.Thread):
    """Asks all the time, and remembers every row that it ever saw."""

    def __init__(self, server, newest=None):
        super().__init__(daemon=True)
        self.server, self.newest = server, newest
        self.seen, self.answers, self.ending = {}, 0, threading.Event()

    def run(self):
        while not self.ending.wait(0.2):
            try:
                found = self.server.datagrams(self.newest)
            except (urllib.error.URLError, ConnectionError, TimeoutError, AssertionError, ValueError, http.client.HTTPException):
                # It is being killed, or starts.
                continue
            self.answers += 1
            for key, rows in found.items():
                self.seen[key] = max(rows, self.seen.get(key, 0))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join()


def balanced(health):
    """The identity of the losses, at whatever moment."""
    losses = health["losses"]
    assert losses["received"] == losses["stored"] + losses["inFlight"] + losses["lost"]["total"], losses
    assert losses["lost"]["total"] == sum(losses["lost"]["reasons"].values()), losses


def complete(found, seen):
    """Every row that was seen is there, and none is there twice."""
    gone = [key for key, rows in seen.items() if found.get(key, 0) < rows]
    assert not gone, f"{len(gone)} of {len(seen)} datagrams were seen and are gone, first {min(gone)}"
    twice = [key for key, rows in found.items() if rows > RECORDS]
    assert not twice, f"{len(twice)} datagrams are there more than once, first {min(twice)}"
    partly = [key for key, rows in found.items() if rows < RECORDS]
    assert not partly, f"{len(partly)} datagrams are there in part, first {min(partly)}"


def missing(found):
    """Rows that the sequence numbers say are not there, between the first and the last of each exporter."""
    numbers = {}
    for exporter, number in found:
        numbers.setdefault(exporter, []).append(number)
    return sum(max(of) + RECORDS - min(of) - RECORDS * len(of) for of in numbers.values())


def accounted(sent, health):
    """Each datagram that was sent is stored, or counted as lost."""
    losses = health["losses"]
    reasons = losses["lost"]["reasons"]
    rows = losses["stored"] + reasons["spool_full"] + reasons["spool_broken"] + reasons["store_rejected"]
    others = {name: n for name, n in reasons.items()
              if n and name not in ("spool_full", "spool_broken", "store_rejected", "kernel_drop")}
    assert not others, others
    assert sent["datagrams"] - sent["refused"] == rows / RECORDS + reasons["kernel_drop"], (sent, losses)
