"""What flows cost by way of Kafka, beside the way without: all in one run, so that the machine is the same for each.

usage: kafka.py [FLOWS [FLOWS_PER_MESSAGE]]     2000000 100

The same flows (`netmeta generate`, NetFlow v9) go by UDP to a server that stores them itself, then to a collector, which
hands them to a topic of noida-db, then from there to a store, on one core. Prints what each costs in seconds of processor
time a million flows, the engine's merges included, what a flow has in the topic, and how fast the store went by the clock.
"""

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

TOPIC = "flow-messages"
RECORDS = 24
DATAGRAMS_PER_SECOND = 10_000
PATIENCE_SECONDS = 120


def processor_seconds(process):
    fields = pathlib.Path(f"/proc/{process.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def most_megabytes(process):
    status = pathlib.Path(f"/proc/{process.process.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) // 1024


def send(process, flows):
    """Sends so many flows; gives how many that were."""
    output = subprocess.run(
        [roles.BINARY, "generate", "--protocol", "v9", "--rate", str(DATAGRAMS_PER_SECOND), "--distinct", "1000000",
         "--seconds", str(max(1, flows // RECORDS // DATAGRAMS_PER_SECOND)), "--target", f"127.0.0.1:{process.netflow}"],
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


def main():
    flows = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    per_message = int(sys.argv[2]) if len(sys.argv) > 2 else 100
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

            broker = brokers.Noida(folder / "broker")
            broker.make_topic(TOPIC, 2)
            kafka = {"brokers": [broker.address], "flowsPerMessage": per_message}
            collector = processes.make("collector", "collector", kafka, profile="standard")
            collector.start()
            before = processor_seconds(collector)
            send(collector, flows)
            sent = settled(lambda: collector.metric("netmeta_kafka_delivered_flows_total"))
            cost("UDP to topic", collector, before, sent, reference)
            payload = collector.metric("netmeta_kafka_delivered_bytes_total")
            collector.stop()

            store = processes.make("store", "store", kafka, profile="standard")
            # The program and all that it starts on one core.
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
            store.start()
            before, began = processor_seconds(store), time.monotonic()
            while store.metric("netmeta_kafka_stored_flows_total") < sent:
                time.sleep(0.1)
                if time.monotonic() - began > PATIENCE_SECONDS:
                    found = {name: value for name, value in store.metrics().items() if name.startswith("netmeta_kafka_")}
                    raise SystemExit(f"not all of {sent} flows are stored after {PATIENCE_SECONDS} s: {found}")
            seconds = time.monotonic() - began
            each = cost("topic to rows", store, before, sent, reference)
            assert store.sums()[0] == sent
            store.stop()
            print(f"consumed to stored: {seconds:.1f} s, {sent / seconds / 1000:.0f} k/s by the clock on one core, "
                  f"{1000 / each:.0f} k per second of processor time")
            broker.stop()
            kept = sum(file.stat().st_size for file in (folder / "broker").rglob("*") if file.is_file())
            print(f"in the topic: {per_message} flows a message at most, {payload / sent:.0f} bytes a flow, "
                  f"{kept / sent:.0f} as the broker keeps them")
        finally:
            processes.kill()
            if broker:
                broker.stop()


if __name__ == "__main__":
    main()
