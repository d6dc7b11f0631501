"""FlowMessage as Google's own code reads it, by the published description."""

import functools
import pathlib
import subprocess
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROTO = ROOT / "Docs/flow.proto"


@functools.lru_cache(maxsize=None)
def message_class():
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder) / "flow.pb"
        subprocess.run(["protoc", f"--proto_path={PROTO.parent}", f"--descriptor_set_out={made}", PROTO.name],
                       check=True)
        files = descriptor_pb2.FileDescriptorSet.FromString(made.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("netmeta.FlowMessage"))


def bodies(payload):
    """The messages of a payload, each of which has its length in front."""
    place = 0
    while place < len(payload):
        length, shift = 0, 0
        while True:
            byte = payload[place]
            place += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        assert place + length <= len(payload)
        yield payload[place : place + length]
        place += length


def flows(payload):
    return [message_class().FromString(body) for body in bodies(payload)]
