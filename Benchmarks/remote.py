"""How fast rows get to ClickHouse over HTTP, beside the engine within the program: pairs in turn in one run.

usage: remote.py [SECONDS [PAIRS]]     10 2

There is no current ClickHouse server to measure with: it is the tests' stand-in, the same engine behind a front in
Python, without TLS. Both get the same flows at the same rate, one insert after the other; what is compared is rows a
second of the time that inserts take, from the batch to its acknowledgement, and the processor time of all processes.
"""

import os
import pathlib
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/ClickHouse"))

import program  # noqa: E402
import test_store_driver  # noqa: E402

DATAGRAMS_PER_SECOND = 5000


def processor_seconds(*processes):
    used = 0
    for process in processes:
        fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        used += int(fields[11]) + int(fields[12])
    return used / os.sysconf("SC_CLK_TCK")


def measure(folder, seconds, standin):
    """Rows a second of insert time, and CPU-s per million rows."""
    folder.mkdir()
    if standin:
        standin = test_store_driver.Standin(folder, tls=False).start()
        server = test_store_driver.program(folder, standin.port, tls=False)
    else:
        server = program.Program(folder)
    text = server.configuration.read_text()
    server.configuration.write_text(text.replace("memory: 1GB, batchRows: 20000", "profile: standard"))
    server.start()
    try:
        # The tables are there, and everything has run once.
        server.send(1)
        program.until(lambda: (server.rows() or 0) > 0, "rows", 180)
        time.sleep(2)
        processes = [server.process] + ([standin.process] if standin else [])
        before, metrics = processor_seconds(*processes), server.metrics()
        sent = server.send(seconds, DATAGRAMS_PER_SECOND)
        expected = metrics["netmeta_rows_stored_total"] + sent["flows"]
        program.until(lambda: server.metrics()["netmeta_rows_stored_total"] + lost(server) >= expected, "all rows", 300)
        used, after = processor_seconds(*processes) - before, server.metrics()
        rows = after["netmeta_rows_stored_total"] - metrics["netmeta_rows_stored_total"]
        took = after["netmeta_store_seconds_total"] - metrics["netmeta_store_seconds_total"]
        batches = after["netmeta_store_batches_total"] - metrics["netmeta_store_batches_total"]
        print(f"{'over HTTP' if standin else 'embedded '}: {rows:.0f} rows in {batches:.0f} inserts of {took / batches:.2f} s, "
              f"{rows / took / 1000:.0f} k rows/s, {used * 1e6 / rows:.2f} CPU-s per million, whole way", flush=True)
        return rows / took, used * 1e6 / rows
    finally:
        server.stop()
        if standin:
            standin.stop()


def lost(server):
    metrics = server.metrics()
    drops = sum(value for name, value in metrics.items() if name.startswith("netmeta_udp_kernel_drops_total"))
    return 30 * drops + sum(value for name, value in metrics.items() if name.startswith("netmeta_rows_lost_total"))


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    pairs = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for pair in range(pairs):
            embedded = measure(pathlib.Path(folder) / f"embedded{pair}", seconds, False)
            remote = measure(pathlib.Path(folder) / f"remote{pair}", seconds, True)
            print(f"over HTTP of embedded: {remote[0] / embedded[0]:.2f} of the rows a second of insert time, "
                  f"{remote[1] / embedded[1]:.2f} times the CPU", flush=True)


if __name__ == "__main__":
    main()
