"""How fast a store takes flows out of a topic: consumed, decoded and stored, on one core.

usage: kafka.py [FLOWS [FLOWS_PER_MESSAGE]]     1000000 100

Fills a topic of noida-db with flows, then starts `netmeta serve --role store` on one core and waits until it has
stored all of them. Prints flows a second on the clock and per second of processor time, the engine's merges included.
"""

import os
import pathlib
import random
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/Kafka"))

import brokers  # noqa: E402
import messages  # noqa: E402
import roles  # noqa: E402

TOPIC = "flow-messages"


def payloads(per_message, count):
    """Some different messages of so many flows, as a collector makes them."""
    numbers = random.Random(1)
    made = []
    for number in range(count):
        payload = bytearray()
        for _ in range(per_message):
            flow = messages.message_class()(
                FlowType=4, TimeReceived=int(time.time()), SamplingRate=1000, SequenceNum=number, FlowDirection=0,
                SamplerAddress=bytes(10) + b"\xff\xff" + bytes([192, 0, 2, number % 8]),
                SrcAddr=bytes(10) + b"\xff\xff" + numbers.randbytes(4), DstAddr=bytes(10) + b"\xff\xff" + numbers.randbytes(4),
                Bytes=numbers.randrange(40, 1_000_000), Packets=numbers.randrange(1, 1000), Etype=0x0800, Proto=6,
                SrcPort=numbers.randrange(65536), DstPort=443, InIf=numbers.randrange(1, 64), OutIf=numbers.randrange(1, 64),
                SrcAS=numbers.randrange(1, 70000), DstAS=numbers.randrange(1, 70000), IPTTL=64, TCPFlags=0x1B,
                TimeFlowStart=int(time.time()) - 30, TimeFlowEnd=int(time.time()), SrcNet=24, DstNet=22, Incoming=1)
            body = flow.SerializeToString()
            length = len(body)
            while length > 0x7F:
                payload.append(length & 0x7F | 0x80)
                length >>= 7
            payload.append(length)
            payload += body
        made.append(bytes(payload))
    return made


def processor_seconds(process):
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    flows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    per_message = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    from confluent_kafka import Producer
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        broker = brokers.Noida(folder / "broker")
        try:
            broker.make_topic(TOPIC, 2)
            made = payloads(per_message, 200)
            producer = Producer({"bootstrap.servers": broker.address, "linger.ms": 50,
                                 "queue.buffering.max.messages": 1_000_000})
            sent = flows // per_message
            for number in range(sent):
                while True:
                    try:
                        producer.produce(TOPIC, made[number % len(made)], key=bytes([number % 8]),
                                         headers={"netmeta-enriched": "1"})
                        break
                    except BufferError:
                        producer.poll(0.1)
            assert producer.flush(120) == 0
            sent *= per_message
            store = roles.Processes(folder).make("store", "store", {"brokers": [broker.address]}, profile="standard")
            # The program and all that it starts on one core.
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
            store.start()
            before, began = processor_seconds(store.process.pid), time.monotonic()
            while store.metric("netmeta_kafka_stored_flows_total") < sent:
                time.sleep(0.1)
            seconds = time.monotonic() - began
            used = processor_seconds(store.process.pid) - before
            assert store.sums()[0] == sent
            store.stop()
            print(f"consumed to stored: {sent} flows, {per_message} a message, {seconds:.1f} s, "
                  f"{sent / seconds / 1000:.0f} k/s on one core, {sent / used / 1000:.0f} k per second of processor time")
        finally:
            broker.stop()


if __name__ == "__main__":
    main()
