"""A load in the short form, into the program as it comes: no configuration,
the usual ports. What was sent is what is stored, and memory stays small.
Docs/performance.md has the long form.
"""

import json
import pathlib

import pytest

import checks
import collector
import network

MEBIBYTE = 1 << 20


@pytest.fixture
def out_of_the_box(tmp_path, private_network):
    running = collector.Collector(tmp_path)
    running.configuration.write_text("")
    try:
        yield running.start()
        running.stop()
    finally:
        running.kill()


def peak_memory(process):
    """The most resident bytes that a process has had."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        lines = dict(line.split(":", 1) for line in status)
    return int(lines["VmHWM"].split()[0]) * 1024


@pytest.mark.parametrize("protocol", ["v9", "mixed"])
def test_every_flow_of_a_load_is_stored(protocol, out_of_the_box):
    netmeta = out_of_the_box
    output = network.run(
        collector.BINARY, "generate", "--protocol", protocol, "--rate", "3000", "--seconds", "5",
        "--target", f"127.0.0.1:{collector.NETFLOW}", timeout=60)
    sent = json.loads(output.splitlines()[-1])
    assert sent["refused"] == 0
    netmeta.settled("1")
    stored = netmeta.sql("SELECT count() AS flows, sum(Bytes) AS bytes, sum(Packets) AS packets FROM flows_raw")
    assert stored == [{name: sent[name] for name in ("flows", "bytes", "packets")}]
    checks.nothing_lost(netmeta)
    assert peak_memory(netmeta.process) < 1024 * MEBIBYTE


def test_threads_have_names(out_of_the_box):
    """Or `top -H` and perf would show all of them as the thread that started them."""
    tasks = pathlib.Path(f"/proc/{out_of_the_box.process.pid}/task")
    names = {(task / "comm").read_text().strip() for task in tasks.iterdir()}
    assert {"udp-2055", "udp-4739", "udp-6343", "tcp-4739", "ingest", "keeper", "query", "sql"} <= names, names
