#!/usr/bin/env python3
"""How much of what the store takes the server takes, in turn: what the machine does less in one minute than in another
both meet.

usage: turns.py [--turns N] [--seconds S] [--rate R] [--folder DIR] [--binary FILE] [--store FILE]

Two processes live side by side, and always one of them stands still. In each of N turns

    netmeta   stores what comes from `netmeta generate --protocol mixed` at R datagrams (21 flows each) a second
              for S seconds; its time ends with the last row that is stored, and it is stopped when nothing is in
              flight any more
    store     appends ready batches of the same flows, all of them new, as fast as it takes them, three at a
              time, with the same sender beside it, whose datagrams nobody reads; then it fills its batches, which
              isn't measured

Prints each turn, and at the end the sums: rows a second, CPU seconds for a million rows, and the ratios of both. Where
nothing is lost netmeta may have been able to do more. Exits with 1 when anything was lost that the server didn't count.
"""

import argparse
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import ingest

UNREAD_PORT = 22056


def main():
    words = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].splitlines()[0])
    words.add_argument("--turns", type=int, default=24)
    words.add_argument("--seconds", type=float, default=25)
    words.add_argument("--rate", type=int, default=52_000)
    words.add_argument("--folder")
    words.add_argument("--binary", default=str(ingest.ROOT / ".build/release/netmeta"))
    words.add_argument("--store", default=str(ingest.ROOT / "Benchmarks/.build/release/StoreBenchmark"))
    arguments = words.parse_args()
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="netmeta-turns-", dir=arguments.folder))
    try:
        flows = arguments.rate * ingest.FLOWS_PER_DATAGRAM * arguments.seconds * arguments.turns
        ingest.check_room(scratch, 2 * flows * ingest.BYTES_PER_FLOW)
        sys.exit(run(arguments, scratch))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def run(arguments, scratch):
    store = Store(arguments, scratch / "store")
    try:
        server = ingest.Server(arguments, scratch / "netmeta")
        try:
            turns = [turn(arguments, number + 1, server, store) for number in range(arguments.turns)]
            peak = server.peak()
        finally:
            server.signal(signal.SIGCONT)
            server.stop()
    finally:
        store.stop()
    taken, ready = (Sum(figures) for figures in zip(*turns))
    print(f"netmeta: {taken}\nstore: {ready}")
    print(f"{taken.lost} datagrams lost and counted; {peak >> 20} MB; netmeta took {taken.rate / ready.rate:.2f} of the store's rows "
          f"a second, and the store {ready.cost / taken.cost:.2f} of netmeta's time for a row")
    if taken.uncounted:
        print(f"{taken.uncounted} datagrams were lost and not counted")
    return 1 if taken.uncounted else 0


def turn(arguments, number, server, store):
    """What the server did, and what the store did then."""
    if number == 1:
        print(f"{'turn':>4} {'offered/s':>10} {'netmeta/s':>10} {'lost':>8} {'CPU-s/M':>8} {'store/s':>10} {'CPU-s/M':>8}")
    taken = server.measure(arguments.rate)
    server.signal(signal.SIGSTOP)
    ready = store.measure(arguments.rate)
    server.signal(signal.SIGCONT)
    print(f"{number:>4} {taken['offeredPerSecond']:>10.0f} {taken['rows'] / taken['seconds']:>10.0f} {taken['lostDatagrams']:>8} "
          f"{taken['cpuSeconds'] / taken['rows'] * 1e6:>8.2f} {ready['rowsPerSecond']:>10.0f} "
          f"{ready['cpuSeconds'] / ready['rows'] * 1e6:>8.2f}", flush=True)
    return taken, ready


class Sum:
    """All turns of one of both."""

    def __init__(self, turns):
        def total(name):
            return sum(turn.get(name, 0) for turn in turns)
        self.rows, self.seconds, self.lost = total("rows"), total("seconds"), total("lostDatagrams")
        self.uncounted = sum(abs(turn.get("uncounted", 0)) for turn in turns)
        self.rate = self.rows / self.seconds
        self.cost = total("cpuSeconds") / self.rows * 1e6

    def __str__(self):
        return f"{self.rows} rows in {self.seconds:.0f} s, {self.rate:.0f}/s, {self.cost:.2f} CPU-s per million"


class Store:
    """StoreBenchmark at work in rounds; it stands still between them."""

    def __init__(self, arguments, folder):
        self.arguments = arguments
        words = [arguments.store, folder, "0", "1000000", str(batches())]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.stand_still()

    def measure(self, rate):
        """One round, beside a sender."""
        self.process.send_signal(signal.SIGCONT)
        with Unread(self.arguments, rate):
            self.process.stdin.write("\n")
            self.process.stdin.flush()
            figures = self.line()
        self.stand_still()
        return figures

    def stand_still(self):
        """Once its batches are full."""
        self.line()
        self.process.send_signal(signal.SIGSTOP)

    def line(self):
        return json.loads(self.process.stdout.readline() or sys.exit(f"turns.py: {self.arguments.store} ended"))

    def stop(self):
        self.process.kill()
        self.process.wait()


class Unread(ingest.Unread):
    """On a port that no server has."""

    def __init__(self, arguments, rate):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", UNREAD_PORT))
        words = ingest.generate_command(arguments, "mixed", rate, UNREAD_PORT, 5_000_000, 3600)
        self.sender = subprocess.Popen(words, stdout=subprocess.DEVNULL)


def batches():
    """Ready batches for which there is memory beside both; a round should last some 15 seconds."""
    return min(24, ingest.batches(beside=14_000_000_000))


if __name__ == "__main__":
    main()
