#!/usr/bin/env python3
"""Time and memory of importing AWS VPC flow logs: one file of default lines per size, into a data folder without a server.

    python3 Benchmarks/cloud.py --lines 500000,1000000,3000000,6000000,12000000

Prints a JSON line per size: seconds, processor seconds, the largest resident memory of the process, and of it the
largest that is its own (anonymous) and the largest that is of files (the engine's library, and what is read of the
disk's cache; the system can take that back). What is its own must be the same whatever the size: beside the largest is
what it usually was, the median, in each third of the time that the import took.
"""

import argparse
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time


def write(path, lines, seed=9):
    """Lines as AWS writes them by default, a day of them, with 4,000 interfaces."""
    chance = random.Random(seed)
    start = int(time.time()) - 86_400
    with path.open("w", buffering=1 << 20) as file:
        file.write("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
                   "log-status\n")
        for number in range(lines):
            bits = chance.getrandbits(64)
            begin = start + number * 80_000 // lines
            file.write(f"2 123456789012 eni-{bits % 4000:017x} 10.{bits >> 8 & 3}.{bits >> 10 & 255}.{bits >> 18 & 255} "
                       f"172.16.{bits >> 26 & 255}.{bits >> 34 & 255} {bits >> 42 & 65535} 443 6 {bits >> 20 & 1023} "
                       f"{bits >> 12 & 0xFFFFF} {begin} {begin + 59} {'ACCEPT' if bits & 7 else 'REJECT'} OK\n")


class Watch(threading.Thread):
    """Looks at what a process has resident, fifty times a second until it ends."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process, self.seen = process, {"RssAnon": [], "RssFile": []}

    def run(self):
        while self.process.returncode is None:
            for name, value in self.look():
                self.seen[name].append(int(value) * 1024 // 1_000_000)
            time.sleep(0.02)

    def look(self):
        try:
            text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return []
        return re.findall(r"^(RssAnon|RssFile):\s+(\d+) kB", text, re.M)

    def largest(self, name):
        return max(self.seen[name], default=0)

    def thirds(self, name):
        seen, third = self.seen[name], len(self.seen[name]) // 3
        return [round(statistics.median(part)) for part in (seen[:third], seen[third:2 * third], seen[2 * third:]) if part]


def measure(binary, path, words):
    """Imports a file into a new data folder."""
    with tempfile.TemporaryDirectory(prefix="netmeta-cloud-") as folder:
        began = time.monotonic()
        run = subprocess.Popen([binary, "import", "aws", "--data", f"{folder}/data", *words, path],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        watch = Watch(run)
        watch.start()
        output = run.stdout.read()
        _, status, usage = os.wait4(run.pid, 0)
        run.returncode = status
        seconds = time.monotonic() - began
        watch.join()
    if status != 0:
        sys.exit(f"the import ended with {status}: {output}")
    return {"rows": json.loads(output.splitlines()[-1])["rowsStored"], "seconds": round(seconds, 2),
            "cpuSeconds": round(usage.ru_utime + usage.ru_stime, 2), "peakMB": usage.ru_maxrss * 1024 // 1_000_000,
            "ownMB": watch.largest("RssAnon"), "ownThirdsMB": watch.thirds("RssAnon"), "filesMB": watch.largest("RssFile")}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--lines", default="500000,1000000,3000000,6000000,12000000", help="sizes, with commas between")
    options.add_argument("--config", help="a configuration, for other settings than the defaults")
    options.add_argument("--binary", default=os.environ.get("NETMETA_BINARY", ".build/release/netmeta"))
    words = options.parse_args()
    for lines in map(int, words.lines.split(",")):
        with tempfile.TemporaryDirectory(prefix="netmeta-cloud-") as folder:
            path = pathlib.Path(folder) / "lines.log"
            write(path, lines)
            result = {"lines": lines, "fileMB": path.stat().st_size // 1_000_000}
            print(json.dumps(result | measure(words.binary, path, ["--config", words.config] if words.config else [])), flush=True)


if __name__ == "__main__":
    main()
