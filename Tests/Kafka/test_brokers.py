"""Collector, broker and store as processes: every flow that the broker has is stored once."""

import base64
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import brokers
import front
import roles

TOPIC = "flow-messages"
PARTITIONS = 3
# KAFKA_AWAY_SECONDS=60 keeps the stores away for a minute, under load.
AWAY_SECONDS = int(os.environ.get("KAFKA_AWAY_SECONDS", "5"))
LOAD_SECONDS = AWAY_SECONDS + 1


def lags(server):
    """Of every partition; empty while nothing is known."""
    return [value for name, value in server.metrics().items() if name.startswith("netmeta_kafka_lag_messages")]


def test_everything_is_stored_once_whoever_is_killed(broker, processes):
    broker.make_topic(TOPIC, PARTITIONS)
    kafka = {"brokers": [broker.address], "flowsPerMessage": 20}
    collector = processes.make("collector", "collector", kafka)
    # Who is killed doesn't leave the group: this broker gives its partitions to the next after this time.
    settings = {"session.timeout.ms": 10000, "max.poll.interval.ms": 10000}
    store = processes.make("store", "store", {**kafka, "settings": settings})
    assert f"handing flows to the topic {TOPIC} of {broker.address}" in collector.start()
    assert f"taking flows from the topic {TOPIC} of {broker.address}" in store.start()

    load = roles.generate(collector.netflow, 50, 3)
    roles.until(lambda: store.metric("netmeta_kafka_stored_flows_total") > 0, "flows in the store")
    # In the middle of whatever it does.
    store.stop(signal.SIGKILL)
    load.ended()
    store.start()

    load = roles.generate(collector.netflow, 50, 3)
    time.sleep(1)
    broker.stop(signal.SIGKILL)
    load.ended()
    broker.start()
    roles.until(lambda: collector.metric("netmeta_spool_rows") == 0, "an empty spool")

    load = roles.generate(collector.netflow, 50, 3)
    time.sleep(1)
    collector.stop(signal.SIGKILL)
    collector.start()
    store.stop(signal.SIGKILL)
    load.ended()
    roles.generate(collector.netflow, 50, 1).ended()
    roles.until(lambda: collector.metric("netmeta_kafka_delivered_flows_total") > 0, "flows of the second collector")
    store.start()
    # Nothing is left in the collector once it has ended in order.
    collector.stop()

    there = brokers.sums(broker.payloads(TOPIC, PARTITIONS))
    assert there[0] > 1000
    roles.until(lambda: store.sums()[0] >= there[0], "all flows of the topic")
    roles.until(lambda: (figures := lags(store)) and sum(figures) == 0, "no lag")
    assert store.sums() == there
    rows = store.query("SELECT count() FROM flows_raw WHERE Incoming NOT IN (0, 1, 255) OR SamplerAddress = toIPv6('::')")
    assert int(rows[0][0]) == 0
    store.stop()
    # And again from what is on the disk.
    assert store.sums() == there


def test_a_collector_spools_while_brokers_are_away(broker, processes):
    broker.make_topic(TOPIC, PARTITIONS)
    kafka = {"brokers": [broker.address], "flowsPerMessage": 50}
    collector = processes.make("collector", "collector", kafka)
    collector.start()
    first = roles.generate(collector.netflow, 50, 1).ended()
    roles.until(lambda: collector.metric("netmeta_kafka_delivered_flows_total") >= first["flows"], "the first flows")
    broker.stop()
    second = roles.generate(collector.netflow, 50, 2).ended()
    roles.until(lambda: collector.metric("netmeta_spool_rows") > 0, "flows in the spool")
    broker.start()
    sent = first["flows"] + second["flows"]
    roles.until(lambda: collector.metric("netmeta_kafka_delivered_flows_total") >= sent, "all flows delivered")
    roles.until(lambda: collector.metric("netmeta_spool_rows") == 0, "an empty spool")
    collector.stop()
    payloads = broker.payloads(TOPIC, PARTITIONS)
    assert brokers.sums(payloads)[0] == sent
    # One exporter's flows are on one partition, with its address as the key.
    keys = {}
    for partition, key, value in payloads:
        keys.setdefault(key, set()).add(partition)
        assert len(list(brokers.messages.bodies(value))) <= 50
        assert all(flow.SamplerAddress == key for flow in brokers.messages.flows(value))
    assert keys and all(len(partitions) == 1 for partitions in keys.values())


def test_other_producers_and_what_nobody_can_read(broker, processes, tmp_path):
    broker.make_topic(TOPIC, 1)
    root = brokers.messages.ROOT
    subprocess.run(["protoc", f"--proto_path={root / 'Docs'}", f"--python_out={tmp_path}", "flow.proto"], check=True)
    example = root / "Docs/examples/kafka-producer.py"
    made = subprocess.run([sys.executable, example, broker.address, TOPIC, "100"], env={"PYTHONPATH": str(tmp_path)},
                          capture_output=True, text=True)
    assert made.stdout == "100 of 100 flows delivered\n", made.stderr

    from confluent_kafka import Producer
    producer = Producer({"bootstrap.servers": broker.address})
    # Words, a length that reaches too far, an address of three bytes, and a flow of the year 2001.
    poison = [b"hello, world", b"\x7f\x08", b"\x05\x32\x03\x01\x02\x03", b"\x08\x10\x80\x9d\xd9\xd8\x03\x48\x01"]
    for value in poison:
        producer.produce(TOPIC, value=value)
    # One bare message without a length, as some producers of goflow2's write it.
    bare = brokers.messages.message_class()(Bytes=7, Packets=1, SrcAddr=bytes([198, 51, 100, 9]), SrcPort=53)
    producer.produce(TOPIC, value=bare.SerializeToString())
    assert producer.flush(10) == 0

    # All of it is there when the store comes: its first messages are looked at like all others.
    store = processes.make("store", "store", {"brokers": [broker.address]})
    store.start()
    roles.until(lambda: store.metric("netmeta_kafka_stored_flows_total") >= 101, "the flows")
    roles.until(lambda: store.metric("netmeta_kafka_poison_messages_total") >= 4, "what can't be read")
    assert store.sums() == (101, sum(range(1000, 1100)) + 7, 201)
    rows = store.query(
        "SELECT IPv6ToString(SrcAddr), count(), any(SamplingRate), any(toString(FlowType)) FROM flows_raw GROUP BY 1 ORDER BY 1")
    assert [row[0] for row in rows] == ["198.51.100.1", "198.51.100.9", "2001:db8::1"]
    assert [int(row[1]) for row in rows] == [50, 1, 50]
    assert int(rows[0][2]) == 100 and rows[0][3] == "IPFIX"
    # What no producer said is enriched here, as the flows of our own listeners are.
    assert int(store.query("SELECT count() FROM flows_raw WHERE Incoming = 1")[0][0]) == 101

    kept = [json.loads(line) for line in (store.data / "kafka-aside.ndjson").read_text().splitlines()]
    assert [base64.b64decode(line["bytes"]) for line in kept] == poison
    assert [line["reason"] for line in kept][2:] == ["bad_address", "implausible_time"]
    store.stop()


def test_three_collectors_and_two_stores_with_some_of_each_killed(broker, processes):
    """Under load a collector, both stores and the broker are killed, and the stores stay away for a while.

    The broker is killed when nobody has read for a second and a half: this one loses what it acknowledged in its last
    second and gives the offsets to others, so that readers that had it could not be exact.
    """
    broker.make_topic(TOPIC, 4)
    kafka = {"brokers": [broker.address], "flowsPerMessage": 20}
    collectors = [processes.make("collector", f"collector{number}", kafka) for number in range(3)]
    # Embedded stores share no database, so each has partitions of its own.
    stores = [processes.make("store", f"store{number}", {**kafka, "partitions": half})
              for number, half in enumerate(([0, 1], [2, 3]))]
    for process in stores + collectors:
        process.start()
    began = time.monotonic()
    loads = [roles.generate(collector.netflow, 50, LOAD_SECONDS) for collector in collectors]
    for store in stores:
        roles.until(lambda: store.metric("netmeta_kafka_stored_flows_total") > 0, "flows in both stores")
    collectors[0].stop(signal.SIGKILL)
    collectors[0].start()
    for store in stores:
        store.stop(signal.SIGKILL)
    time.sleep(1.5)
    broker.stop(signal.SIGKILL)
    broker.start()
    time.sleep(max(0, AWAY_SECONDS - (time.monotonic() - began)))
    sent = [load.ended() for load in loads]
    for store in stores:
        store.start()
    for collector, load in zip(collectors[1:], sent[1:]):
        # These lived: brokers said of all that they were sent that they have it.
        roles.until(lambda: collector.metric("netmeta_kafka_delivered_flows_total") == load["flows"], "all delivered")
        assert collector.metric("netmeta_rows_lost_total") == 0
    roles.until(lambda: collectors[0].metric("netmeta_spool_rows") == 0, "an empty spool")
    for collector in collectors:
        collector.stop()

    there = brokers.sums(broker.payloads(TOPIC, 4))
    assert there[0] > sent[1]["flows"]
    roles.until(lambda: sum(store.sums()[0] for store in stores) >= there[0], "all flows in both")
    for store in stores:
        roles.until(lambda: store.metric("netmeta_kafka_lag_messages") == 0, "no lag")
    both = [store.sums() for store in stores]
    assert tuple(map(sum, zip(*both))) == there and all(flows > 0 for flows, _, _ in both)
    for store in stores:
        store.stop()


def test_another_broker_and_another_library(tansu, processes):
    tansu.make_topic(TOPIC, 2)
    kafka = {"brokers": [tansu.address], "flowsPerMessage": 20, "library": str(tansu.library()),
             "compression": "zstd"}
    collector = processes.make("collector", "collector", kafka)
    collector.start()
    store = processes.make("store", "store", {**kafka, "settings": tansu.settings})
    store.start()
    sent = roles.generate(collector.netflow, 50, 1).ended()
    collector.stop()
    roles.until(lambda: store.sums()[0] >= sent["flows"], "all flows")
    assert store.sums()[0] == sent["flows"]
    store.stop()


def test_brokers_that_want_certificates_and_passwords(processes, tmp_path):
    """TLS with an authority of its own and a client's certificate, and SASL, at a front before tansu."""
    folder = front.certificates(tmp_path)
    guard = front.Front(folder, "netmeta", "it's a secret")
    broker = brokers.Tansu(advertised=guard.port)
    try:
        guard.start(broker.port)
        (tmp_path / "password").write_text("it's a secret\n")
        (tmp_path / "wrong").write_text("wrong\n")
        secured = {"bootstrap.servers": f"127.0.0.1:{guard.port}", "security.protocol": "SASL_SSL",
                   "sasl.mechanism": "PLAIN", "sasl.username": "netmeta", "sasl.password": "it's a secret", "ssl.ca.location": str(folder / "ca.pem"),
                   "ssl.certificate.location": str(folder / "client.pem"), "ssl.key.location": str(folder / "client.key")}
        broker.make_topic(TOPIC, 1, **secured)
        kafka = {"brokers": [f"127.0.0.1:{guard.port}"], "library": str(broker.library()), "tls": True,
                 "tlsAuthority": str(folder / "ca.pem"), "tlsCertificate": str(folder / "client.pem"),
                 "tlsKey": str(folder / "client.key"), "sasl": "scram-sha-512", "user": "netmeta",
                 "password": {"file": str(tmp_path / "password")}, "flowsPerMessage": 20}
        guard.seen.clear()
        collector = processes.make("collector", "collector", kafka)
        collector.start()
        store = processes.make("store", "store", {**kafka, "sasl": "plain", "settings": broker.settings})
        store.start()
        sent = roles.generate(collector.netflow, 50, 1).ended()
        collector.stop()
        roles.until(lambda: store.sums()[0] >= sent["flows"], "all flows")
        assert store.sums()[0] == sent["flows"] and guard.seen == {"SCRAM-SHA-512", "PLAIN"}
        store.stop()

        # Who isn't known, and who knows nobody, is told so and keeps what it has.
        for name, change, words in [("password", {"password": {"file": str(tmp_path / "wrong")}}, "uthentication"),
                                    ("authority", {"tlsAuthority": "off"}, "ertificate")]:
            stranger = processes.make("collector", f"wrong-{name}", {**kafka, **change})
            stranger.start()
            some = roles.generate(stranger.netflow, 20, 1).ended()
            roles.until(lambda: words in stranger.errors.read_text(), f"words about the {name}")
            stranger.stop()
            # What came is on the disk.
            assert some["flows"] > 0 and sum(file.stat().st_size for file in (stranger.data / "spool").rglob("*")) > 1000
    finally:
        broker.stop()
        guard.stop()


def test_what_is_missing_is_said_in_one_line(tmp_path):
    def serve(role, kafka):
        file = tmp_path / "netmeta.yaml"
        file.write_text(json.dumps({"kafka": kafka}))
        made = subprocess.run([roles.BINARY, "serve", "--role", role, "--config", file, "--data", tmp_path / "data"],
                              capture_output=True, text=True, timeout=60)
        return made.returncode, made.stderr.splitlines()[-1]

    status, line = serve("collector", {"brokers": ["127.0.0.1:9"], "library": "/nowhere/librdkafka.so.1"})
    assert status == 1 and "apt install librdkafka1" in line
    status, line = serve("collector", {})
    assert status == 1 and "kafka.brokers" in line
    status, line = serve("collector", {"brokers": ["127.0.0.1:9"], "settings": {"acks": 0}})
    assert status == 2 and "kafka.settings" in line
    secret = pathlib.Path(tmp_path / "secret")
    secret.write_text("word\n")
    status, line = serve("collector", {"brokers": ["127.0.0.1:9"], "sasl": "plain", "password": {"file": str(secret)}})
    assert status == 2 and "kafka.user" in line
