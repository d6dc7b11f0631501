"""SNMP agents of the labs: the real snmpd, and a fake one that answers version 2c
as a test says, which no real agent would.
"""

import random
import socket
import struct
import subprocess
import threading

import network

SYSNAME = (1, 3, 6, 1, 2, 1, 1, 5, 0)
IFNAME = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1)
GET, RESPONSE, BULK = 0xA0, 0xA2, 0xA5
END_OF_VIEW = b"\x82\0"


class Agent:
    """snmpd on some addresses, with communities and users as its configuration says."""

    def __init__(self, folder, addresses, configuration, port=161):
        folder.mkdir(parents=True)
        (folder / "snmpd.conf").write_text(configuration)
        listen = ",".join(f"udp6:[{address}]:{port}" if ":" in address else f"udp:{address}:{port}" for address in addresses)
        self.log = folder / "log"
        with self.log.open("w") as log:
            # MIBS: it needs none, and complains about each that it doesn't find.
            self.process = subprocess.Popen(
                [*network.WITH_PARENT, "snmpd", "-f", "-Lo", "-C", "-c", str(folder / "snmpd.conf"), "-p", str(folder / "pid"), listen],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SNMP_PERSISTENT_DIR": str(folder), "MIBS": ""})
        network.wait_for(lambda: "NET-SNMP version" in self.text(), "an agent that runs")

    def text(self):
        assert self.process.poll() is None, self.log.read_text()
        return self.log.read_text()

    def close(self):
        self.process.terminate()
        self.process.wait(10)


def walk(address, column, *words):
    """What net-snmp's own client reads of a column: {index: value}."""
    peer = f"udp6:[{address}]" if ":" in address else f"udp:{address}"
    dotted = ".".join(map(str, column))
    lines = network.run("snmpbulkwalk", "-m", "", "-On", "-OQ", "-Oa", *words, peer, dotted).splitlines()
    found = {}
    for line in lines:
        name, _, value = line.partition(" = ")
        if name.startswith(f".{dotted}."):
            found[int(name.rsplit(".", 1)[1])] = value.strip('"')
    return found


class FakeAgent:
    """A UDP server that answers questions of version 2c with what `answer(command, name, repetitions)` gives: a list of
    (name, encoded value), bytes that are sent as they are, or None for silence."""

    def __init__(self, address, answer=lambda *_: None, port=161):
        self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        self.answer = answer
        self.asked = []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                message, sender = self.socket.recvfrom(65536)
            except OSError:
                return
            # A socket that is shut down receives nothing, from nobody.
            if not message:
                return
            self.asked.append(message)
            try:
                community, command, request, _, repetitions, name = parse(message)
            except (IndexError, ValueError):
                continue
            answer = self.answer(command, name, repetitions)
            if answer is None:
                continue
            if not isinstance(answer, bytes):
                answer = response(community, request, answer)
            self.socket.sendto(answer, sender)

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()


# MARK: - BER

def length(number):
    return bytes([number]) if number < 128 else b"\x82" + struct.pack("!H", number)


def tlv(tag, content):
    return bytes([tag]) + length(len(content)) + content


def integer(number, tag=2):
    return tlv(tag, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def text(content):
    return tlv(4, content)


def identifier(name):
    content = bytes([name[0] * 40 + name[1]])
    for part in name[2:]:
        groups = [part & 0x7F]
        while part := part >> 7:
            groups.append(part & 0x7F | 0x80)
        content += bytes(reversed(groups))
    return tlv(6, content)


def response(community, request, variables):
    bindings = b"".join(tlv(0x30, identifier(name) + value) for name, value in variables)
    pdu = tlv(RESPONSE, integer(request) + integer(0) + integer(0) + tlv(0x30, bindings))
    return tlv(0x30, integer(1) + text(community) + pdu)


def take(data):
    """Tag, content and what follows."""
    size, start = data[1], 2
    if size & 0x80:
        start = 2 + (size & 0x7F)
        size = int.from_bytes(data[2:start], "big")
    return data[0], data[start:start + size], data[start + size:]


def parse(message):
    """Community, command, request id, non-repeaters, repetitions and the first name of a question of version 2c."""
    _, content, _ = take(message)
    _, version, rest = take(content)
    if version != b"\1":
        raise ValueError("not version 2c")
    _, community, rest = take(rest)
    command, pdu, _ = take(rest)
    _, request, rest = take(pdu)
    _, first, rest = take(rest)
    _, second, rest = take(rest)
    _, bindings, _ = take(rest)
    _, binding, _ = take(bindings)
    _, encoded, _ = take(binding)
    name, part = [encoded[0] // 40, encoded[0] % 40], 0
    for byte in encoded[1:]:
        part = part << 7 | byte & 0x7F
        if not byte & 0x80:
            name.append(part)
            part = 0
    whole = [int.from_bytes(number, "big", signed=True) for number in (request, first, second)]
    return community, command, *whole, tuple(name)


# MARK: - What hostile agents do

def behind(name, column=IFNAME):
    """The first index of a column that stands behind a name."""
    return name[len(column)] + 1 if name[:len(column)] == column and len(name) > len(column) else 1


def named(command, name, repetitions):
    """The answer to the question for the name; None to others."""
    return [(SYSNAME, text(b"fake"))] if command == GET else None


def endless(command, name, repetitions):
    """One more interface, always."""
    start = behind(name, name[:11])
    return named(command, name, repetitions) or [
        (name[:11] + (index,), text(b"x")) for index in range(start, start + repetitions)]


def standing(command, name, repetitions):
    """The same name again and again."""
    return named(command, name, repetitions) or [(name[:11] + (7,), text(b"x"))] * repetitions


def falling(command, name, repetitions):
    """Names that fall."""
    return named(command, name, repetitions) or [
        (name[:11] + (index,), text(b"x")) for index in range(100, 100 - repetitions, -1)]


def oversized(command, name, repetitions):
    """Texts of 1300 bytes with escape sequences in them, and no more than three interfaces."""
    if command == GET:
        return [(SYSNAME, text(b"\x1b[2J<script>\0" + b"n" * 1300))]
    index = behind(name, name[:11])
    return [(name[:11] + (index,), text(b"\x1b" + b"y" * 1300))] if index <= 3 else [(name, END_OF_VIEW)]


def rubbish():
    """Bytes by chance; the same in each run."""
    dice = random.Random(5)
    return lambda *_: dice.randbytes(dice.randrange(1, 1400))
