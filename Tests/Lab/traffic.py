"""Sends or receives UDP streams; run inside a namespace of the lab.

usage: traffic.py send|receive (SOURCE SPORT TARGET DPORT COUNT PAYLOAD)...
       traffic.py probe TARGET
`receive` prints a line once its ports are open and runs until it is killed;
`probe` exits with 0 when the target answers.
"""

import selectors
import socket
import sys
import time


def opened(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    endpoint = socket.socket(family, socket.SOCK_DGRAM)
    endpoint.bind((address, port))
    return endpoint


def send(source, source_port, target, target_port, count, payload):
    endpoint = opened(source, int(source_port))
    for _ in range(int(count)):
        endpoint.sendto(b"x" * int(payload), (target, int(target_port)))
        # Slow enough that no capture and no bridge loses a frame.
        time.sleep(0.0005)


def receive(streams):
    selector = selectors.DefaultSelector()
    for _, _, target, target_port, _, _ in streams:
        selector.register(opened(target, int(target_port)), selectors.EVENT_READ)
    print("open", flush=True)
    while True:
        for key, _ in selector.select():
            key.fileobj.recv(65535)


def probe(target):
    """A closed port answers with an ICMP error, so no server is needed there."""
    family = socket.AF_INET6 if ":" in target else socket.AF_INET
    endpoint = socket.socket(family, socket.SOCK_DGRAM)
    endpoint.settimeout(1)
    try:
        endpoint.connect((target, 9))
        endpoint.send(b"")
        endpoint.recv(1)
    except ConnectionRefusedError:
        return 0
    except OSError:
        pass
    return 1


if __name__ == "__main__":
    role, words = sys.argv[1], sys.argv[2:]
    streams = [words[start:start + 6] for start in range(0, len(words), 6)]
    if role == "send":
        for stream in streams:
            send(*stream)
    elif role == "probe":
        sys.exit(probe(*words))
    else:
        receive(streams)
