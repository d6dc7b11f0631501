"""What flows cost by way of Kafka, beside the way without: all in one run, so that the machine is the same for each.

usage: kafka.py [FLOWS [FLOWS_PER_MESSAGE...]]     3000000 100 1

The same flows (`netmeta generate`, NetFlow v9) go by UDP to a server that stores them itself; then, for each number of flows
a message, to a collector, which hands them to a topic of noida-db, and from there to a store. The store has one core for
itself, all that it starts included; broker and this script have the others. Prints what each costs in seconds of processor
time a million flows, the engine's merges included, what a flow has in the topic, and how fast the store went by the clock:
from the line that says that it is ready until the last flow is stored.

A store that finds everything in the topic waits for the broker as well, which makes one answer of all that a partition has
(100 flows a message: 174 bytes each). So there is a run in which the store, again with one core for itself, consumes while
flows are produced, 360,000 a second: what has been stored by the time that the last one is, from the first that was sent on.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/Kafka"))

import brokers  # noqa: E402
import roles  # noqa: E402

RECORDS = 24
DATAGRAMS_PER_SECOND = 10_000
# More than a store is to take on one core.
LIVE_DATAGRAMS_PER_SECOND = 15_000
PATIENCE_SECONDS = 120
# noida-db answers with all that a partition has, whatever it is asked for; librdkafka takes 100 MB unless told otherwise,
# and would ask in vain for ever.
CONSUMER = {"receive.message.max.bytes": "1000000000"}


def processor_seconds(process):
    fields = pathlib.Path(f"/proc/{process.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def most_megabytes(process):
    status = pathlib.Path(f"/proc/{process.process.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) // 1024


def send(process, flows, rate=DATAGRAMS_PER_SECOND):
    """Sends so many flows; gives how many that were."""
    output = subprocess.run(
        [roles.BINARY, "generate", "--protocol", "v9", "--rate", str(rate), "--distinct", "1000000",
         "--seconds", str(max(1, flows // RECORDS // rate)), "--target", f"127.0.0.1:{process.netflow}"],
        capture_output=True, text=True, check=True).stdout
    return json.loads(output.splitlines()[-1])["flows"]


def settled(count):
    """Waits until a count has stood still for two seconds; gives it."""
    last, since = count(), time.monotonic()
    while time.monotonic() - since < 2:
        time.sleep(0.1)
        if (now := count()) != last:
            last, since = now, time.monotonic()
    return int(last)


def cost(name, process, before, flows, reference=None):
    each = (processor_seconds(process) - before) * 1e6 / flows
    beside = f", {each / reference:.2f} of the way without Kafka" if reference else ""
    print(f"{name}: {flows} flows, {each:.2f} CPU-s per million{beside}, at most {most_megabytes(process)} MB", flush=True)
    return each


def pin(process_id, cores):
    """All threads that a process has."""
    for thread in os.listdir(f"/proc/{process_id}/task"):
        os.sched_setaffinity(int(thread), cores)


def collect(processes, broker, topic, per_message, flows, reference):
    """Fills the topic; gives how many flows it has, and their bytes."""
    kafka = {"brokers": [broker.address], "topic": topic, "flowsPerMessage": per_message}
    collector = processes.make("collector", f"collector-{per_message}", kafka, profile="standard")
    collector.start()
    before = processor_seconds(collector)
    send(collector, flows)
    sent = settled(lambda: collector.metric("netmeta_kafka_delivered_flows_total"))
    cost(f"UDP to topic, {per_message} a message", collector, before, sent, reference)
    payload = collector.metric("netmeta_kafka_delivered_bytes_total")
    collector.stop()
    return sent, payload


def consume(processes, broker, topic, per_message, sent, reference):
    """Stores what is in the topic, on one core."""
    with on_one_core(processes, broker, topic, f"store-{per_message}") as store:
        before, began = processor_seconds(store), time.monotonic()
        wait_for_rows(store, lambda: sent)
        tell(f"topic to rows, {per_message} a message", store, before, sent, time.monotonic() - began, reference)


def keep_up(processes, broker, topic, per_message, flows, reference):
    """Stores on one core what a collector produces meanwhile."""
    kafka = {"brokers": [broker.address], "topic": topic, "flowsPerMessage": per_message}
    collector = processes.make("collector", f"live-collector-{per_message}", kafka, profile="standard")
    with on_one_core(processes, broker, topic, f"live-store-{per_message}") as store:
        collector.start()
        before, began = processor_seconds(store), time.monotonic()
        offered = send(collector, flows, LIVE_DATAGRAMS_PER_SECOND)
        sending = time.monotonic() - began
        print(f"as they are produced: {offered} flows in {sending:.1f} s", flush=True)
        # Not all need have reached the topic: the collector counts those that the kernel dropped.
        sent = -1
        while store.metric("netmeta_kafka_stored_flows_total") != sent:
            wait_for_rows(store, lambda: collector.metric("netmeta_kafka_delivered_flows_total"))
            seconds = time.monotonic() - began
            sent = settled(lambda: collector.metric("netmeta_kafka_delivered_flows_total"))
        tell(f"topic to rows as produced, {per_message} a message", store, before, sent, seconds, reference)
    collector.stop()


@contextlib.contextmanager
def on_one_core(processes, broker, topic, name):
    """A store that has one core for itself; all others are for the rest."""
    kafka = {"brokers": [broker.address], "topic": topic, "settings": CONSUMER}
    store = processes.make("store", name, kafka, profile="standard")
    cores = os.sched_getaffinity(0)
    mine = {max(cores)}
    others = cores - mine or cores
    pin(broker.process.pid, others)
    os.sched_setaffinity(0, mine)
    try:
        store.start()
        os.sched_setaffinity(0, others)
        yield store
        store.stop()
    finally:
        os.sched_setaffinity(0, cores)
        pin(broker.process.pid, cores)


def wait_for_rows(store, sent):
    began = time.monotonic()
    while store.metric("netmeta_kafka_stored_flows_total") < sent():
        time.sleep(0.2)
        if time.monotonic() - began > PATIENCE_SECONDS:
            found = {name: value for name, value in store.metrics().items() if name.startswith("netmeta_kafka_")}
            raise SystemExit(f"not all of {sent()} flows are stored after {PATIENCE_SECONDS} s: {found}")


def tell(name, store, before, sent, seconds, reference):
    each = cost(name, store, before, sent, reference)
    batches = store.metric("netmeta_kafka_stored_batches_total")
    assert store.sums()[0] == sent
    print(f"consumed to stored: {seconds:.1f} s, {sent / seconds / 1000:.0f} k/s by the clock on one core, "
          f"{1000 / each:.0f} k per second of processor time, {batches:.0f} inserts", flush=True)


def main():
    flows = int(sys.argv[1]) if len(sys.argv) > 1 else 3_000_000
    sizes = [int(size) for size in sys.argv[2:]] or [100, 1]
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        processes = roles.Processes(folder)
        broker = None
        try:
            alone = processes.make("all", "alone", {}, profile="standard")
            alone.start()
            before = processor_seconds(alone)
            send(alone, flows)
            stored = settled(lambda: alone.metric("netmeta_rows_stored_total"))
            reference = cost("UDP to rows", alone, before, stored)
            alone.stop()
            for size in sizes:
                # Each a broker of its own, which keeps all topics in one file.
                data = folder / f"broker-{size}"
                broker = brokers.Noida(data)
                topic = f"flows-{size}"
                broker.make_topic(topic, 2)
                sent, payload = collect(processes, broker, topic, size, flows, reference)
                consume(processes, broker, topic, size, sent, reference)
                if size > 1:
                    broker.make_topic(f"live-{size}", 2)
                    keep_up(processes, broker, f"live-{size}", size, 4 * flows, reference)
                broker.stop()
                kept = sum(file.stat().st_size for file in data.rglob("*") if file.is_file())
                print(f"in the topic: {size} flows a message at most, {payload / sent:.0f} bytes a flow, "
                      f"{kept / sent:.0f} as the broker keeps them", flush=True)
        finally:
            processes.kill()
            if broker:
                broker.stop()


if __name__ == "__main__":
    main()
