"""More comes than can be taken: what is lost is counted, exact to the datagram,
at any time, and is told wherever people look.

The server is made slow by stopping it, so that the kernel has to drop; how fast
the machine is doesn't matter.
"""

import json
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

import checks
import collector
import network

# Holds some hundred datagrams; what comes beyond that while nobody reads is dropped.
BUFFER = "256KB"
RATE, SECONDS = 8000, 5


@pytest.fixture
def overloaded(tmp_path, private_network):
    running = collector.Collector(tmp_path, buffer=BUFFER)
    try:
        yield running.start()
        running.process.send_signal(signal.SIGCONT)
        running.stop()
    finally:
        running.kill()


class Load:
    """`netmeta generate` in the background."""

    def __init__(self, protocol, rate):
        self.process = subprocess.Popen(
            [collector.BINARY, "generate", "--protocol", protocol, "--rate", str(rate), "--seconds", str(SECONDS),
             "--target", f"127.0.0.1:{collector.NETFLOW}"], stdout=subprocess.PIPE, text=True)

    def runs(self):
        return self.process.poll() is None

    def sent(self):
        try:
            output, _ = self.process.communicate(timeout=120)
        finally:
            # Another test's server must not get what this one is sent.
            self.process.kill()
        assert self.process.returncode == 0
        sent = json.loads(output.splitlines()[-1])
        assert sent["refused"] == 0
        return sent


class Watcher(threading.Thread):
    """Asks for the account again and again, and keeps those that don't add up."""

    def __init__(self, netmeta):
        super().__init__(daemon=True)
        self.netmeta, self.answers, self.wrong, self.ended = netmeta, 0, [], threading.Event()
        self.most_in_flight = 0

    def run(self):
        while not self.ended.wait(0.02):
            try:
                losses = self.netmeta.api("health/losses")
            except OSError:
                continue  # It is stopped just now.
            self.answers += 1
            self.most_in_flight = max(self.most_in_flight, losses["rows"]["inFlight"]["total"])
            try:
                checks.sums_hold(losses)
            except AssertionError as error:
                self.wrong.append((str(error), losses))

    def end(self):
        self.ended.set()
        self.join(60)
        assert self.wrong == []
        assert self.answers > 3


def exact_account(netmeta, sent):
    """What must hold once all is quiet: of datagrams, of rows, in SQL and in the metrics."""
    losses = netmeta.accounted(sent["datagrams"])
    checks.sums_hold(losses)
    read = sum(listener["read"] for listener in losses["listeners"])
    drops = sum(listener["buffer"]["drops"] for listener in losses["listeners"] if listener["buffer"])
    softnet = open("/proc/net/softnet_stat", encoding="ascii").read()
    assert read + drops == sent["datagrams"], f"dropped before the socket? {softnet}"
    assert losses["datagrams"]["arrived"] == sent["datagrams"]
    assert losses["datagrams"]["decoded"] == read
    assert losses["datagrams"]["lost"]["reasons"]["kernel_drop"] == losses["datagrams"]["lost"]["total"] == drops > 0
    rows = losses["rows"]
    assert rows["inFlight"]["total"] == rows["lost"]["total"] == 0
    assert rows["written"] == rows["stored"] == netmeta.rows() > 0
    metrics = netmeta.metrics()
    assert metrics['netmeta_datagrams_lost_total{stage="socket",reason="kernel_drop"}'] == drops
    assert metrics["netmeta_datagrams_arrived_total"] == sent["datagrams"]
    assert metrics["netmeta_rows_stored_total"] == rows["stored"]
    return losses


def test_a_server_that_gets_a_tenth_of_its_time(overloaded):
    netmeta = overloaded
    watcher = Watcher(netmeta)
    watcher.start()
    load = Load("mixed", RATE)
    while load.runs():
        netmeta.process.send_signal(signal.SIGSTOP)
        time.sleep(0.3)
        netmeta.process.send_signal(signal.SIGCONT)
        time.sleep(0.03)
    sent = load.sent()
    losses = exact_account(netmeta, sent)
    watcher.end()
    # More than twice of what was taken was offered.
    assert losses["datagrams"]["lost"]["total"] > losses["datagrams"]["decoded"]
    # An estimate, so it needn't be exact; it must be of use.
    estimate = losses["rows"]["stored"] + losses["estimates"]["kernelDropRows"]
    assert abs(estimate / sent["flows"] - 1) < 0.2
    # Sequence numbers miss the same, from their side: nothing was lost before this host.
    assert losses["estimates"]["missingRows"] > 0
    assert losses["estimates"]["rowsBeforeUs"] < 0.2 * sent["flows"]

    health = netmeta.api("health")
    assert health["status"] == "degraded"
    assert health["losses"]["datagrams"] == losses["datagrams"]
    doctor = network.run(
        collector.BINARY, "doctor", "--config", str(netmeta.configuration), "--data", str(netmeta.data), "--json",
        timeout=60)
    drops = [check for check in json.loads(doctor)["checks"] if check["check"] == "lost: kernel_drop"]
    assert len(drops) == 1 and drops[0]["grade"] == "warn"
    assert drops[0]["message"].startswith(f"{losses['datagrams']['lost']['total']} datagrams")
    assert "receiveBuffer" in drops[0]["remedy"][0]


def test_drops_after_the_last_datagram_that_is_read(overloaded):
    """No further datagram comes that could carry the counter of drops."""
    netmeta = overloaded
    netmeta.process.send_signal(signal.SIGSTOP)
    sent = Load("v9", RATE).sent()
    netmeta.process.send_signal(signal.SIGCONT)
    losses = exact_account(netmeta, sent)
    assert losses["datagrams"]["lost"]["total"] > 0.9 * sent["datagrams"]


def test_a_rate_beyond_the_machine(overloaded):
    """Nothing is stopped: sender, server and engine fight for the same cores."""
    netmeta = overloaded
    watcher = Watcher(netmeta)
    watcher.start()
    # What one core can encode at the best; decoding and storing have to share it.
    sent = Load("mixed", 100_000).sent()
    exact_account(netmeta, sent)
    watcher.end()
    assert watcher.most_in_flight > 0


def flow_set(number, body):
    return struct.pack("!HH", number, 4 + len(body)) + body


def netflow9(*sets):
    return struct.pack("!HHIIII", 9, len(sets), 1000, int(time.time()), 1, 7) + b"".join(sets)


def send(source, datagrams):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((source, 0))
        for datagram in datagrams:
            sender.sendto(datagram, ("127.0.0.1", collector.NETFLOW))


def test_each_loss_has_its_reason_and_its_exporter(tmp_path, private_network):
    """Datagrams that break their protocol, come from elsewhere, or lack a template; beside some that are well."""
    running = collector.Collector(tmp_path)
    text = running.configuration.read_text().replace("sflow:", 'allow: ["127.0.0.0/28"], sflow:')
    running.configuration.write_text(text)
    try:
        netmeta = running.start()
        template = flow_set(0, struct.pack("!HHHHHH", 300, 2, 8, 4, 1, 4))
        good, lacking = netflow9(template), netflow9(flow_set(301, bytes(8)))
        send("127.0.0.3", [b"GET / HTTP/1.1"] * 3 + [b"\x00\x09\x00"] * 2 + [lacking, good])
        send("127.0.0.99", [good] * 5)
        losses = netmeta.accounted(12)
        checks.sums_hold(losses)
        assert losses["datagrams"]["arrived"] == 12
        reasons = losses["datagrams"]["lost"]["reasons"]
        assert reasons == {"kernel_drop": 0, "not_allowed": 5, "too_many_exporters": 0, "malformed": 5, "source_overrun": 0}
        assert losses["refused"] == [{"address": "127.0.0.99", "datagrams": 5}]
        decoder = next(stage for stage in losses["stages"] if stage["stage"] == "decoder")
        malformed = next(reason for reason in decoder["lost"] if reason["reason"] == "malformed")
        assert malformed["kinds"] == {"unknownVersion": 3, "truncated": 2}
        assert [e["lost"]["malformed"] for e in losses["exporters"]["list"] if e["address"] == "127.0.0.3"] == [5]
        # It waits for its template, or has waited in vain.
        waiting = next(figure["value"] for figure in decoder["figures"] if figure["name"] == "waiting")
        assert waiting + next(reason["count"] for reason in decoder["lost"] if reason["reason"] == "no_template") == 1
        metrics = netmeta.metrics()
        assert metrics['netmeta_datagrams_lost_total{stage="admission",reason="not_allowed"}'] == 5
        assert metrics['netmeta_exporter_datagrams_rejected_total{exporter="127.0.0.3",reason="truncated"}'] == 2
        running.stop()
    finally:
        running.kill()
