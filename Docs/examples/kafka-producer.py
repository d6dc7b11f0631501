#!/usr/bin/env python3
"""Puts flows into the Kafka topic that NetMeta reads, from any source of yours.

    pip install confluent-kafka protobuf
    protoc --python_out=. flow.proto          # Docs/flow.proto, or `netmeta schema --as proto`
    python3 kafka-producer.py BROKER:PORT TOPIC [FLOWS]

Each message is one FlowMessage with its length as a varint in front; several
such behind one another make a message of several flows.
"""

import ipaddress
import sys
import time

from confluent_kafka import Producer

import flow_pb2


def address(text):
    """IPv4 as 4 bytes, IPv6 as 16; IPv4 as 16 bytes (::ffff:192.0.2.1) is read as well."""
    return ipaddress.ip_address(text).packed


def varint(number):
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def delimited(flow):
    body = flow.SerializeToString()
    return varint(len(body)) + body


def some_flow(number):
    now = int(time.time())
    return flow_pb2.FlowMessage(
        FlowType=flow_pb2.IPFIX,
        TimeReceived=now,
        TimeFlowStart=now - 10,
        TimeFlowEnd=now,
        SamplerAddress=address("192.0.2.250"),
        # Bytes and Packets are as the exporter counted them; times SamplingRate they are the traffic.
        SamplingRate=100,
        Bytes=1000 + number,
        Packets=2,
        SrcAddr=address("198.51.100.1") if number % 2 == 0 else address("2001:db8::1"),
        DstAddr=address("203.0.113.1") if number % 2 == 0 else address("2001:db8::2"),
        Etype=0x0800 if number % 2 == 0 else 0x86DD,
        Proto=6,
        SrcPort=40000 + number % 1000,
        DstPort=443,
        InIf=1,
        OutIf=2,
        # 0 came in, 1 went out, 255 isn't known; what isn't set is 0.
        FlowDirection=0,
    )


def main():
    broker, topic = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 10
    producer = Producer({"bootstrap.servers": broker, "enable.idempotence": True, "acks": "all"})
    for number in range(count):
        flow = some_flow(number)
        producer.produce(topic, key=flow.SamplerAddress, value=delimited(flow))
        producer.poll(0)
    left = producer.flush(30)
    print(f"{count - left} of {count} flows delivered")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
