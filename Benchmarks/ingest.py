#!/usr/bin/env python3
"""How many flows a second come from UDP to stored rows, beside the store alone and other collectors.

usage: ingest.py [--seconds S] [--store-seconds S] [--rates R,R,...] [--peers] [--folder DIR] [--binary FILE]
                 [--store FILE]

Everything runs on this machine, one after the other, sender included:

    store     ready batches of the same flows are appended as fast as the store takes them, three at a
              time as the server does: with both cores to itself (a minute at most), and, after the
              server, beside the sender of the best rate without loss, whose datagrams nobody reads.
              What receiving, decoding and the rest of the server cost is the difference to the latter:
              the sender takes a quarter to a third of the machine in both
    netmeta   `netmeta generate --protocol mixed` (64 exporters, 20 and more templates, 5 million
              different flows, v4 and v6) at each of the rates (datagrams a second, 21 flows each on
              average) into `netmeta serve` with its default tables and rollups
    nfcapd,   with --peers, each at the same flows a second as v9 (24 records a datagram): nfcapd
    nfacctd   (Debian nfdump) writes flat files, nfacctd (Debian pmacct) sums by 15 keys in memory

Prints a table: what was offered, stored and lost, CPU seconds for a million flows (all threads of
the receiver), the most resident memory, active parts; and of a long run its course, minute by minute. The ratios are the best rate without loss to the store. Exits with 1 when anything was
lost that the server didn't count.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
FLOWS_PER_DATAGRAM = 21
# Level-0 parts, what merges write beside them, and what the engine deletes late.
BYTES_PER_FLOW = 60
TICK = os.sysconf("SC_CLK_TCK")


def main():
    words = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].splitlines()[0])
    words.add_argument("--seconds", type=float, default=60)
    words.add_argument("--store-seconds", type=float)
    words.add_argument("--rates", default="20000,28000,33500,40000,48000,52000")
    words.add_argument("--peers", action="store_true")
    words.add_argument("--folder")
    words.add_argument("--binary", default=str(ROOT / ".build/release/netmeta"))
    words.add_argument("--store", default=str(ROOT / "Benchmarks/.build/release/StoreBenchmark"))
    arguments = words.parse_args()
    # As long as the server: in its first minutes the store alone puts merges off, and is faster by that.
    arguments.store_seconds = arguments.store_seconds or arguments.seconds
    rates = [int(rate) for rate in arguments.rates.split(",")]
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="netmeta-ingest-", dir=arguments.folder))
    try:
        check_room(scratch, max(max(rates) * FLOWS_PER_DATAGRAM * arguments.seconds,
                                1_500_000 * arguments.store_seconds) * BYTES_PER_FLOW)
        sys.exit(run(arguments, rates, scratch))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def check_room(folder, need):
    free = shutil.disk_usage(folder).free
    if free < need:
        sys.exit(f"ingest.py: needs {need / 1e9:.0f} GB free at {folder}, which has {free / 1e9:.0f} GB;"
                 " choose another --folder or fewer --seconds")


def run(arguments, rates, scratch):
    print(f"machine: {os.cpu_count()} cores; {arguments.seconds:.0f} s each, the store beside the sender "
          f"{arguments.store_seconds:.0f} s")
    print(f"{'':10} {'offered/s':>10} {'stored/s':>10} {'lost':>16} {'CPU-s/M':>8} {'RSS MB':>7} {'parts':>6}")
    alone = store(arguments, scratch / "alone", min(60, arguments.store_seconds))
    show_store("store", alone)
    best, best_rate, uncounted = 0, rates[0], 0
    for rate in rates:
        result = netmeta(arguments, rate, scratch / f"netmeta-{rate}")
        uncounted += abs(result["uncounted"])
        if result["lostDatagrams"] == 0 and result["storedPerSecond"] > best:
            best, best_rate = result["storedPerSecond"], rate
        show("netmeta", result)
    with Unread(arguments, best_rate):
        beside = store(arguments, scratch / "alone", arguments.store_seconds)
    show_store("..sender", beside)
    if arguments.peers:
        for rate in rates:
            for peer in (nfcapd, nfacctd):
                show(peer.__name__, peer(arguments, rate * FLOWS_PER_DATAGRAM / 24, scratch / f"{peer.__name__}-{rate}"))
    if best:
        print(f"best without loss: {best:.0f} flows/s, {best / alone['rowsPerSecond']:.2f} of the store alone, "
              f"{best / beside['rowsPerSecond']:.2f} of it beside the sender")
    else:
        print("something was lost at every rate: try lower --rates")
    if uncounted:
        print(f"{uncounted} datagrams were lost and not counted")
    return 1 if uncounted else 0


def store(arguments, folder, seconds):
    """What the store takes of ready batches."""
    out = subprocess.run([arguments.store, folder, str(int(seconds)), "1000000", str(batches())],
                         check=True, capture_output=True, text=True).stdout
    shutil.rmtree(folder)
    return json.loads(out.splitlines()[-1])


def batches(beside=8_000_000_000):
    """Ready batches, of about 250 MB each, for which there is memory beside the store's and what else there is."""
    lines = pathlib.Path("/proc/meminfo").read_text().splitlines()
    free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    return max(6, min(60, (free - beside) // 250_000_000))


class Unread:
    """The sender at work, and a socket that nobody reads from."""

    def __init__(self, arguments, rate):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 22055))
        self.sender = subprocess.Popen(generate_command(arguments, "mixed", rate, 22055, 5_000_000, 3600),
                                       stdout=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sender.send_signal(signal.SIGTERM)
        self.sender.wait(60)
        self.socket.close()


def show_store(name, result):
    print(f"{name:10} {'':>10} {result['rowsPerSecond']:>10.0f} {'':>16} "
          f"{result['cpuSeconds'] / result['rows'] * 1e6:>8.2f} {'':>7} {result['parts']:>6}"
          f"  {result['new'] / result['rows']:.0%} of the rows new, merges read {result['merged'] / result['rows']:.2f} rows a row"
          + (f"; refused {result['refused']} times, and tried again" if result["refused"] else ""), flush=True)


def show(name, result):
    lost = f"{result['lostDatagrams']} ({100 * result['lostDatagrams'] / result['sentDatagrams']:.2f} %)"
    print(f"{name:10} {result['offeredPerSecond']:>10.0f} {result['storedPerSecond']:>10.0f} {lost:>16} "
          f"{result['cpuPerMillion']:>8.2f} {result['peakBytes'] >> 20:>7} {result.get('parts', ''):>6}", flush=True)


class Watched:
    """A process and its children, with their CPU time and the most memory they have had."""

    def __init__(self, command, **options):
        self.process = subprocess.Popen(command, **options)

    def processes(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [self.process.pid, *children]

    def cpu(self):
        def seconds(process):
            fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / TICK
        return sum(seconds(process) for process in self.processes())

    def peak(self):
        return self.memory("VmHWM")

    def resident(self):
        return self.memory("VmRSS")

    def memory(self, name):
        def told(process):
            lines = pathlib.Path(f"/proc/{process}/status").read_text().splitlines()
            return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))
        return sum(told(process) for process in self.processes())

    def stop(self):
        """Ends it, by force after two minutes: nfacctd with full caches was seen not to end by itself."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Server(Watched):
    """`netmeta serve` with its default tables and rollups, ready."""

    def __init__(self, arguments, folder, more="", is_prepared=lambda: True):
        folder.mkdir()
        configuration = folder / "netmeta.yaml"
        configuration.write_text("listeners:\n  netflow: [\"127.0.0.1:22055\"]\n  ipfix: [\"127.0.0.1:24739\"]\n"
                                 "  sflow: [\"127.0.0.1:26343\"]\nconsole:\n  listen: \"127.0.0.1:28080\"\n" + more)
        self.arguments = arguments
        self.log = folder / "log"
        super().__init__([arguments.binary, "serve", "--config", configuration, "--data", folder / "data"],
                         stdout=open(self.log, "w", encoding="utf-8"), stderr=subprocess.STDOUT)
        try:
            wait_for(lambda: "ready\n" in self.log.read_text(), self, self.log)
            wait_for(is_prepared, self, self.log)
        except BaseException:
            self.stop()
            raise

    def measure(self, rate):
        """What it does with flows that come for a while."""
        cpu, before, start = self.cpu(), losses(), time.monotonic()
        sent = generate(self.arguments, "mixed", rate, 22055)
        # What the kernel holds is read, and what was read is stored, within seconds; merges go on.
        settling = Settling(self)
        wait_for(settling.has_ended, self, self.log, 120)
        after = losses()

        def more(*names):
            first, last = before, after
            for name in names:
                first, last = first[name], last[name]
            return last - first
        stored = more("rows", "stored")
        return {
            "rows": stored, "seconds": settling.since - start, "cpuSeconds": settling.cpu - cpu,
            "offeredPerSecond": sent["flows"] / sent["seconds"], "storedPerSecond": stored / sent["seconds"],
            "sentDatagrams": sent["datagrams"],
            "lostDatagrams": more("datagrams", "lost", "total"),
            "uncounted": sent["datagrams"] - more("datagrams", "arrived"),
            "cpuPerMillion": (self.cpu() - cpu) / max(1, stored) * 1e6,
        }

    def signal(self, number):
        """To it and its children; to nobody when it has ended."""
        for process in self.processes() if self.process.poll() is None else []:
            os.kill(int(process), number)


def generate(arguments, protocol, rate, port, distinct=5_000_000):
    """Sends a load; its own report."""
    command = generate_command(arguments, protocol, rate, port, distinct, arguments.seconds)
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def generate_command(arguments, protocol, rate, port, distinct, seconds):
    return [arguments.binary, "generate", "--protocol", protocol, "--rate", str(rate), "--seconds", str(seconds),
            "--target", f"127.0.0.1:{port}", "--distinct", str(distinct)]


def netmeta(arguments, rate, folder, more="", is_prepared=lambda: True):
    """The server at a rate; with more configuration, and once that has taken effect."""
    server = Server(arguments, folder, more, is_prepared)
    try:
        with Course(server):
            figures = server.measure(rate)
        return figures | {"peakBytes": server.peak(), "parts": active_parts()}
    finally:
        server.stop()
        shutil.rmtree(folder)


class Course:
    """Prints how a run goes, minute by minute."""

    def __init__(self, server):
        self.server = server
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        stored, cpu, minute = 0, self.server.cpu(), 0
        while not self.ended.wait(60):
            figures, now, minute = losses(), self.server.cpu(), minute + 1
            rows = figures["rows"]["stored"] - stored
            stored += rows
            print(f"  minute {minute}: {rows / 60:.0f} stored/s, {figures['datagrams']['lost']['total']} datagrams lost so far, "
                  f"{(now - cpu) / max(1, rows) * 1e6:.2f} CPU-s/M, {self.server.resident() >> 20} MB, "
                  f"{active_parts()} parts", flush=True)
            cpu = now

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


def active_parts():
    return ask("SELECT count() AS parts FROM system.parts WHERE active AND database = 'netmeta'"
               " AND table = 'flows_raw'")[0]["parts"]


class Settling:
    """Whether nothing is in flight, and nothing was stored within a second; when the last row was, and the CPU time till then."""

    def __init__(self, server):
        self.server = server
        self.note(-1)

    def note(self, stored):
        self.stored, self.since, self.cpu = stored, time.monotonic(), self.server.cpu()

    def has_ended(self):
        rows = losses()["rows"]
        if rows["stored"] != self.stored:
            self.note(rows["stored"])
        return rows["inFlight"]["total"] == 0 and time.monotonic() - self.since > 1


def losses():
    with urllib.request.urlopen("http://127.0.0.1:28080/api/v1/health/losses", timeout=60) as answer:
        return json.load(answer)


def ask(sql):
    address = "http://127.0.0.1:28080/api/v1/query?" + urllib.parse.urlencode({"sql": sql})
    with urllib.request.urlopen(address, timeout=60) as answer:
        return json.load(answer)["data"]


def nfcapd(arguments, rate, folder):
    folder.mkdir()
    tool = shutil.which("nfcapd") or sys.exit("nfcapd is missing: apt-get install nfdump")
    return peer(arguments, rate, folder, [tool, "-w", folder, "-p", "23055", "-b", "127.0.0.1", "-B", str(64 << 20),
                                          "-t", "3600"],
                lambda: int(field(subprocess.run(["nfdump", "-R", folder, "-I"], capture_output=True, text=True).stdout,
                                  "Flows:")))


def nfacctd(arguments, rate, folder):
    folder.mkdir()
    tool = shutil.which("nfacctd", path=os.environ["PATH"] + ":/usr/sbin") or sys.exit(
        "nfacctd is missing: apt-get install pmacct")
    keys = ("src_host, dst_host, src_port, dst_port, proto, tos, tcpflags, in_iface, out_iface, src_as, dst_as,"
            " src_mask, dst_mask, peer_src_ip, sampling_rate")
    (folder / "conf").write_text(
        f"daemonize: false\nnfacctd_port: 23055\nnfacctd_ip: 127.0.0.1\nnfacctd_pipe_size: {64 << 20}\n"
        f"plugins: print\naggregate: {keys}\nprint_output: csv\nprint_output_file: {folder}/out.csv\n"
        "print_refresh_time: 60\nprint_cache_entries: 1000003\nplugin_buffer_size: 1024000\n"
        f"plugin_pipe_size: {256 << 20}\n")
    return peer(arguments, rate, folder, [tool, "-f", folder / "conf"], None)


def field(text, name):
    for line in text.splitlines():
        if line.strip().startswith(name):
            return line.split(":")[1].split()[0].replace(",", "")
    return "0"


def peer(arguments, rate, folder, command, count):
    """Another collector at a rate of v9 datagrams; what it lost is what the kernel dropped at its socket."""
    server = Watched(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: udp_drops(23055) is not None, server, None)
        before = server.cpu()
        sent = generate(arguments, "v9", rate, 23055, 1_000_000)
        time.sleep(2)
        dropped, cpu, peak = udp_drops(23055), server.cpu() - before, server.peak()
        server.stop()
        flows = count() if count else sent["flows"] * (1 - dropped / sent["datagrams"])
        return {"offeredPerSecond": sent["flows"] / sent["seconds"], "storedPerSecond": flows / sent["seconds"],
                "sentDatagrams": sent["datagrams"], "lostDatagrams": dropped,
                "cpuPerMillion": cpu / max(1, flows) * 1e6, "peakBytes": peak}
    finally:
        if server.process.poll() is None:
            server.process.kill()
        shutil.rmtree(folder)


def udp_drops(port):
    """Drops at the sockets of a UDP port; None when there is none."""
    found = [line.split() for name in ("udp", "udp6") for line in pathlib.Path(f"/proc/net/{name}").read_text()
             .splitlines()[1:]]
    drops = [int(words[-1]) for words in found if int(words[1].rsplit(":", 1)[1], 16) == port]
    return sum(drops) if drops else None


def wait_for(condition, server, log, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if server.process.poll() is not None or time.monotonic() > end:
            sys.exit(f"ingest.py: {server.process.args[0]} doesn't do what it should"
                     + (f":\n{log.read_text()[-2000:]}" if log else ""))
        time.sleep(0.2)


if __name__ == "__main__":
    main()
