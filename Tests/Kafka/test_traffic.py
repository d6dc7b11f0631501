"""FastNetMon's traffic export, by Google's Protocol Buffers and by JSON: no FastNetMon writes it here, since Debian's is
built without Kafka."""

import functools
import ipaddress
import json
import subprocess
import time

import brokers
import pytest
import roles
from confluent_kafka import Producer
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

# Name, and whether it is bytes, by the field's number.
FIELDS = {
    1: ("timestamp_seconds", False), 2: ("timestamp_milliseconds", False), 3: ("telemetry_type", False),
    4: ("ip_version", False), 5: ("traffic_direction", False), 6: ("sampling_ratio", False), 7: ("protocol", False),
    8: ("source_ip", True), 9: ("destination_ip", True), 10: ("source_port", False), 11: ("destination_port", False),
    12: ("packets", False), 13: ("octets", False), 14: ("ttl", False), 15: ("tcp_flags", False), 16: ("ip_fragmented", False),
    17: ("ip_dont_fragment", False), 18: ("input_interface", False), 19: ("output_interface", False), 20: ("source_asn", False),
    21: ("destination_asn", False), 22: ("agent_address", True)}
NOW = int(time.time())
INCOMING, OUTGOING, OTHER, INTERNAL = 1, 2, 3, 4


@functools.lru_cache(maxsize=None)
def traffic_data():
    file = descriptor_pb2.FileDescriptorProto(name="traffic.proto", syntax="proto3")
    message = file.message_type.add(name="TrafficData")
    for number, (name, isBytes) in FIELDS.items():
        message.field.add(
            name=name, number=number, label=1,
            type=descriptor_pb2.FieldDescriptorProto.TYPE_BYTES if isBytes else descriptor_pb2.FieldDescriptorProto.TYPE_UINT64)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("TrafficData"))


def flow(number, direction, version=4):
    source, target = ("192.0.2.1", "198.51.100.7") if version == 4 else ("2001:db8::1", "2001:db8::")
    return {
        "timestamp_seconds": NOW, "timestamp_milliseconds": NOW * 1000 + 250, "telemetry_type": 2, "ip_version": version,
        "traffic_direction": direction, "sampling_ratio": 512, "protocol": 6, "source_ip": source, "destination_ip": target,
        "source_port": 40000 + number, "destination_port": 443, "packets": 1, "octets": 1000 + number, "ttl": 61,
        "tcp_flags": 0x12, "ip_fragmented": 0, "ip_dont_fragment": 1, "input_interface": 11, "output_interface": 12,
        "source_asn": 64500, "destination_asn": 4200000001, "agent_address": "203.0.113.5"}


def protobuf(values):
    packed = {
        name: ipaddress.ip_address(value).packed if name in ("source_ip", "destination_ip", "agent_address") else value
        for name, value in values.items()}
    return traffic_data()(**packed).SerializeToString()


FLOWS = [
    flow(number, direction, version)
    for number, (direction, version) in enumerate([(INCOMING, 4), (OUTGOING, 4), (OTHER, 4), (INTERNAL, 6), (INCOMING, 6)])]


def varint(number):
    taken = bytearray()
    while number > 0x7F:
        taken.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(taken) + bytes([number])


def delimited(values):
    return b"".join(varint(len(body)) + body for body in map(protobuf, values))


@pytest.mark.parametrize("form", ["protobuf", "json"])
def test_a_file_is_read_as_it_was_written(tmp_path, form):
    path = tmp_path / "traffic"
    lines = "".join(json.dumps(values) + "\n" for values in FLOWS)
    path.write_bytes(delimited(FLOWS) if form == "protobuf" else lines.encode())
    made = subprocess.run([roles.BINARY, "decode", "--type", "fastnetmon", path], capture_output=True, check=True, text=True)
    rows = [json.loads(line) for line in made.stdout.splitlines()]
    assert len(rows) == len(FLOWS)
    for row, values in zip(rows, FLOWS, strict=True):
        for column, name in (
            ("SrcAddr", "source_ip"), ("DstAddr", "destination_ip"), ("SrcPort", "source_port"), ("DstPort", "destination_port"),
            ("Bytes", "octets"), ("Packets", "packets"), ("SamplingRate", "sampling_ratio"), ("Proto", "protocol"),
            ("IPTTL", "ttl"), ("TCPFlags", "tcp_flags"), ("InIf", "input_interface"), ("OutIf", "output_interface"),
            ("SrcAS", "source_asn"), ("DstAS", "destination_asn"), ("SamplerAddress", "agent_address"),
        ):
            assert row[column] == values[name], (column, row)
        assert row["FlowType"] == "FASTNETMON"
        assert row["EType"] == {4: 0x0800, 6: 0x86DD}[values["ip_version"]]
        # NetMeta once took 1, incoming, for FlowDirection, where 1 is out.
        assert row["FlowDirection"] == {INCOMING: 0, OUTGOING: 1}.get(values["traffic_direction"], 255)
    summary = json.loads(made.stderr.splitlines()[-1])["traffic"]
    assert summary == {"messages": 5, "flows": 5, "unknownFields": 0, "malformed": {}}


def test_a_message_alone_and_what_is_none(tmp_path):
    alone = tmp_path / "alone"
    alone.write_bytes(protobuf(FLOWS[0]))
    cut = tmp_path / "cut"
    cut.write_bytes(protobuf(FLOWS[0])[:-3])
    address = tmp_path / "address"
    address.write_bytes(traffic_data()(packets=1, octets=1, source_ip=b"12345").SerializeToString())
    nothing = tmp_path / "nothing"
    nothing.write_bytes(traffic_data()(timestamp_seconds=NOW).SerializeToString())
    made = subprocess.run(
        [roles.BINARY, "decode", "--type", "fastnetmon", alone, cut, address, nothing], capture_output=True, check=True, text=True)
    assert len(made.stdout.splitlines()) == 1
    summary = json.loads(made.stderr.splitlines()[-1])["traffic"]
    assert summary["flows"] == 1 and sum(summary["malformed"].values()) == 3
    assert summary["malformed"]["bad_address"] == summary["malformed"]["not_a_flow"] == 1


def test_a_topic_of_fastnetmon_is_stored(broker, processes):
    topic = "fastnetmon"
    broker.make_topic(topic, 1)
    producer = Producer({"bootstrap.servers": broker.address, "log_level": 0})
    for number, values in enumerate(FLOWS * 20):
        producer.produce(topic, protobuf(values) if number % 2 else json.dumps(values).encode())
    producer.produce(topic, b"\xff\xff")
    assert producer.flush(30) == 0
    kafka = {"brokers": [broker.address], "topic": topic, "format": "fastnetmon"}
    store = processes.make("store", "store", kafka)
    store.start()
    roles.until(lambda: store.metric("netmeta_kafka_stored_flows_total") >= 100, "all flows stored")
    assert store.metric("netmeta_kafka_poison_messages_total") == 1
    rows = store.query(
        "SELECT FlowDirection, count(), sum(Bytes), min(EType), max(EType), any(toString(SamplerAddress)), any(toString(FlowType)),"
        " any(SamplingRate) FROM flows_raw GROUP BY FlowDirection ORDER BY FlowDirection")
    found = [[int(value) for value in row[:5]] + row[5:7] + [int(row[7])] for row in rows]
    of = ["::ffff:203.0.113.5", "FASTNETMON", 512]
    assert found == [
        [0, 40, 20 * 2004, 0x0800, 0x86DD, *of], [1, 20, 20 * 1001, 0x0800, 0x0800, *of],
        [255, 40, 20 * 2005, 0x0800, 0x86DD, *of]]
    store.stop()
