"""What NetMeta writes as FlowMessage beside Google's Protocol Buffers."""

import json
import subprocess

import pytest

import messages
import roles

CAPTURES = sorted(messages.ROOT.glob("Tests/Fixtures/*/*/capture.pcap"))


def decode(capture, form):
    made = subprocess.run([roles.BINARY, "decode", "--format", form, capture], capture_output=True, check=True)
    return made.stdout, json.loads(made.stderr.decode().splitlines()[-1])


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.parent.name)
def test_bytes_are_those_of_another_encoder(capture):
    payload, summary = decode(capture, "protobuf")
    bodies = list(messages.bodies(payload))
    assert len(bodies) == summary["flows"]
    for body in bodies:
        message = messages.message_class().FromString(body)
        # A field that the description doesn't have would be missing then.
        message.DiscardUnknownFields()
        again = message.SerializeToString(deterministic=True)
        if len(message.Strings) > 1:
            # The order of a map's entries is nobody's business.
            assert len(again) == len(body) and sorted(again) == sorted(body)
        else:
            assert again == body


def test_values_are_those_of_json():
    seen = 0
    for capture in CAPTURES:
        payload, _ = decode(capture, "protobuf")
        rows = [json.loads(line) for line in decode(capture, "ndjson")[0].decode().splitlines()]
        for flow, row in zip(messages.flows(payload), rows, strict=True):
            for name in ("Bytes", "Packets", "SrcPort", "DstPort", "InIf", "OutIf", "SrcAS", "DstAS", "SamplingRate"):
                assert getattr(flow, name) == row.get(name, 0), (capture, name)
            assert list(flow.ASPath) == row.get("ASPath", [])
            seen += 1
    assert seen > 100


def test_published_description_is_plain_proto3():
    lines = [line.strip() for line in messages.PROTO.read_text().splitlines()]
    code = [line for line in lines if line and not line.startswith("//")]
    assert code[:2] == ['syntax = "proto3";', "package netmeta;"]
    # Neither imports nor options: other readers' parsers know neither.
    assert not any(line.startswith(("import", "option ")) or "[" in line for line in code)
    fields = code[code.index("message FlowMessage {") + 1 : -1]
    version = next(line for line in lines if line.startswith("// Version "))
    assert version.startswith(f"// Version 1.{len(fields)}:")
