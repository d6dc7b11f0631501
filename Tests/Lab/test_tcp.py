"""IPFIX over TCP: a real exporter, sessions cut anywhere, what is no IPFIX, SIGTERM, and captures of it."""

import json
import os
import socket
import struct
import subprocess
import time
import urllib.request

import checks
import collector
import exporters
import network

TEMPLATE_FIELDS = [(8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 8), (2, 8)]


def message(sets, sequence=0, domain=7):
    body = b"".join(struct.pack("!HH", number, len(content) + 4) + content for number, content in sets)
    return struct.pack("!HHIII", 10, 16 + len(body), int(time.time()), sequence, domain) + body


def template(number=256, fields=TEMPLATE_FIELDS):
    return 2, struct.pack("!HH", number, len(fields)) + b"".join(struct.pack("!HH", *field) for field in fields)


def record(port, size, source="192.0.2.1", target="192.0.2.2"):
    return (socket.inet_aton(source) + socket.inet_aton(target)
            + struct.pack("!HHBQQ", port, 443, 6, size, 1))


def metric(netmeta, name):
    with urllib.request.urlopen(f"{netmeta.url}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((name + " ", name + "{")))


def connect(host="127.0.0.1"):
    return socket.create_connection((host, collector.IPFIX), timeout=10)


def is_closed(connection):
    """Whether the collector has ended the session."""
    connection.settimeout(10)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_softflowd_over_tcp_is_stored_whole(netmeta, reference, tmp_path):
    exporters.softflowd(tmp_path, reference, "ipfix", "127.0.0.1", collector.IPFIX, "-P", "tcp")
    netmeta.settled("Proto = 17")
    found = netmeta.streams([s.source_port for s in network.REFERENCE])
    assert sorted(found) == [s.source_port for s in network.REFERENCE]
    for stream in network.REFERENCE:
        checks.exact(found[stream.source_port], stream, "IPFIX")
        assert found[stream.source_port]["samplers"] == ["::ffff:127.0.0.1"]
    checks.nothing_lost(netmeta)
    transports = {(l["protocol"], l["address"]) for l in netmeta.api("health")["listeners"]}
    assert ("tcp", f"[::]:{collector.IPFIX}") in transports
    assert metric(netmeta, "netmeta_tcp_sessions_total") == 1
    assert metric(netmeta, "netmeta_tcp_messages_total") > 0


def test_messages_cut_anywhere_and_templates_of_each_session(netmeta):
    # Two sessions give one template number two meanings.
    other = [(12, 4), (8, 4), (11, 2), (7, 2), (4, 1), (1, 8), (2, 8)]
    with connect() as first, connect("::1") as second:
        whole = message([template()]) + message([(256, record(1001, 10))])
        for byte in whole:
            first.sendall(bytes([byte]))
        second.sendall(message([template(fields=other)]) + message([(256, record(1002, 20))]))
        first.sendall(message([(256, record(1003, 40))]))
        netmeta.settled("SrcPort = 1003")
    rows = netmeta.sql("SELECT SrcPort AS s, DstPort AS d, Bytes AS b FROM flows_raw ORDER BY b")
    assert [(r["s"], r["d"], r["b"]) for r in rows] == [(1001, 443, 10), (443, 1002, 20), (1003, 443, 40)]
    checks.nothing_lost(netmeta)


def test_templates_end_with_their_session_and_with_their_withdrawal(netmeta):
    with connect() as session:
        session.sendall(message([template()]) + message([(256, record(1001, 10))]))
        # RFC 7011 section 8.1: field count 0 withdraws.
        session.sendall(message([(2, struct.pack("!HH", 256, 0))]) + message([(256, record(1002, 20))]))
    with connect() as session:
        session.sendall(message([(256, record(1003, 30))]))
    network.wait_for(
        lambda: netmeta.api("health")["losses"]["lost"]["reasons"].get("no_template") == 2, "two sets without template")
    assert netmeta.settled("1") == 1


def test_what_is_no_ipfix_ends_the_session_and_is_counted(netmeta):
    for wrong in [b"GET / HTTP/1.1\r\n\r\n", message([template()]) + struct.pack("!HHIII", 10, 15, 0, 0, 0)]:
        with connect() as session:
            session.sendall(wrong)
            assert is_closed(session)
    network.wait_for(lambda: metric(netmeta, "netmeta_tcp_sessions_broken_total") == 2, "two sessions counted")
    malformed = netmeta.api("exporters")["exporters"][0]["malformed"]
    assert malformed == {"badLength": 1, "unknownVersion": 1}
    with connect() as session:
        session.sendall(message([template(), (256, record(1001, 10))]))
        netmeta.settled("SrcPort = 1001")


def test_many_sessions_are_bounded(netmeta):
    sessions = [connect() for _ in range(270)]
    network.wait_for(lambda: metric(netmeta, "netmeta_tcp_sessions") == 256, "as many sessions as are taken")
    network.wait_for(lambda: metric(netmeta, "netmeta_tcp_sessions_refused_total") == 14, "the rest is refused")
    for number, session in enumerate(sessions[:256]):
        session.sendall(message([template(), (256, record(2000 + number, 1))]))
    assert netmeta.settled("SrcPort >= 2000") == 256
    for session in sessions:
        session.close()
    network.wait_for(lambda: metric(netmeta, "netmeta_tcp_sessions") == 0, "all sessions over")


def test_sigterm_stores_what_has_come(netmeta):
    session = connect()
    session.sendall(message([template()]))
    count = 5000
    data = b"".join(message([(256, record(1000 + n % 50000, 1) * 1)], n) for n in range(count))
    session.sendall(data)
    netmeta.stop()
    netmeta.start()
    # What the kernel had acknowledged by then was received.
    assert netmeta.rows() == count
    session.close()


def test_a_capture_of_a_session_decodes_and_is_imported_once(netmeta, reference, tmp_path):
    path = tmp_path / "session.pcap"
    with network.Capture("lo", path, f"tcp port {collector.IPFIX}", snap=65535):
        exporters.softflowd(tmp_path, reference, "ipfix", "127.0.0.1", collector.IPFIX, "-P", "tcp")
    netmeta.settled("Proto = 17")
    flows = netmeta.rows()
    held = netmeta.sql("SELECT count() AS n, sum(Bytes) AS b FROM flows_raw")

    decoded = subprocess.run([collector.BINARY, "decode", str(path)], capture_output=True, text=True, timeout=60)
    assert decoded.returncode == 0, decoded.stderr
    summary = json.loads(decoded.stderr.splitlines()[-1])
    assert (summary["flows"], summary["bytesUnaccounted"], summary["malformed"]) == (flows, 0, {})
    assert len(decoded.stdout.splitlines()) == flows

    words = [collector.BINARY, "import", "pcap", "--data", str(netmeta.data), str(path)]
    # Into the running server, beside what the session itself brought; then into a folder that nobody serves.
    live, known = [json.loads(network.run(*words, timeout=60).splitlines()[-1]) for _ in range(2)]
    assert (live["rowsStored"], known["rowsStored"], known["rowsKnown"]) == (flows, 0, flows)
    assert netmeta.rows() == 2 * flows

    netmeta.stop()
    words[4] = str(tmp_path / "imported")
    first, again = [json.loads(network.run(*words, timeout=60).splitlines()[-1]) for _ in range(2)]
    assert (first["rowsStored"], first["filesKnown"]) == (flows, 0)
    assert (again["rowsStored"], again["filesKnown"], again["rowsKnown"]) == (0, 1, flows)
    question = "SELECT count() AS n, sum(Bytes) AS b FROM flows_raw"
    output = network.run(
        collector.BINARY, "query", "--data", words[4], "--format", "JSON", question, timeout=60)
    rows = [{k: collector.number(v) for k, v in row.items()} for row in json.loads(output)["data"]]
    assert rows == held
    # Received when the capture says, not when it was imported.
    written = os.path.getmtime(path)
    output = network.run(
        collector.BINARY, "query", "--data", words[4], "--format", "TSV",
        "SELECT toUInt32(max(TimeReceived)) FROM flows_raw", timeout=60)
    assert abs(int(output) - written) <= 5
    netmeta.start()
