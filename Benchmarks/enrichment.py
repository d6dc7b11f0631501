#!/usr/bin/env python3
"""What names, places and routes cost ingest: the same flood with and without them, in turn.

usage: enrichment.py [--seconds S] [--rounds N] [--rate R] [--folder DIR] [--binary FILE] [--maps FILE]

Everything runs on this machine, sender included: `netmeta generate --protocol mixed` (64 exporters, 5 million different
flows) at R datagrams a second, few enough that nothing is lost, into a new server each time:

    plain       nothing is configured
    table       the AS map: a full table, made up, of 1,000,000 IPv4 and 220,000 IPv6 prefixes
    everything  that, a database of cities of GeoLite2's size, the same full table as one router's own,
                names and classes of 64 exporters and 512 interfaces, boundaries, local networks, rules for
                the direction, and a resolver, whose name server doesn't answer

Prints CPU seconds of the server (all threads) for a million stored flows, and the median of each round's ratio to
plain. Exits with 1 when anything was lost.
"""

import argparse
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.request

import ingest

EXPORTERS = [f"127.1.0.{1 + number}" for number in range(64)]


def main():
    words = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].splitlines()[0])
    words.add_argument("--seconds", type=float, default=20)
    words.add_argument("--rounds", type=int, default=2)
    words.add_argument("--rate", type=int, default=16000)
    words.add_argument("--folder")
    words.add_argument("--binary", default=str(ingest.ROOT / ".build/release/netmeta"))
    words.add_argument("--maps", default=str(ingest.ROOT / "Benchmarks/.build/release/AddressMapBenchmark"))
    arguments = words.parse_args()
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="netmeta-enrichment-", dir=arguments.folder))
    try:
        ingest.check_room(scratch, arguments.rate * ingest.FLOWS_PER_DATAGRAM * arguments.seconds * ingest.BYTES_PER_FLOW)
        sys.exit(run(arguments, scratch))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def run(arguments, scratch):
    write_sources(arguments, scratch)
    forms = {"plain": ("", lambda: True), "table": (table(scratch), has_table),
             "everything": (everything(scratch), has_everything)}
    print(f"{'':10} {'offered/s':>10} {'stored/s':>10} {'lost':>16} {'CPU-s/M':>8} {'RSS MB':>7} {'parts':>6}")
    costs, lost = {name: [] for name in forms}, 0
    for _ in range(arguments.rounds):
        for name, (more, is_prepared) in forms.items():
            result = ingest.netmeta(arguments, arguments.rate, scratch / "server", more, is_prepared)
            ingest.show(name, result)
            costs[name].append(result["cpuPerMillion"])
            lost += result["lostDatagrams"] + abs(result["uncounted"])
    for name in list(forms)[1:]:
        ratios = [plain / cost for plain, cost in zip(costs["plain"], costs[name])]
        print(f"{name}: {statistics.median(ratios):.2f} of plain ({', '.join(f'{ratio:.2f}' for ratio in ratios)})")
    if lost:
        print(f"{lost} datagrams were lost: choose a lower --rate")
    return 1 if lost else 0


def write_sources(arguments, scratch):
    with open(scratch / "table.mrt", "wb") as out:
        subprocess.run([arguments.maps, "write", "1", "1"], stdout=out, check=True)
    subprocess.run([sys.executable, ingest.ROOT / "Benchmarks/city_mmdb.py", scratch / "city.mmdb"], check=True)
    lines = ["kind,sampler,id,name,role,provider"]
    for number, exporter in enumerate(EXPORTERS):
        lines.append(f"sampler,{exporter},,edge-{number},edge,")
        lines += [f"interface,{exporter},{index},{'uplink' if index < 3 else 'lan'} {index},,carrier {index}"
                  for index in range(1, 9)]
    (scratch / "names.csv").write_text("\n".join(lines) + "\n")


def table(scratch):
    return f"enrichment:\n  asMap: {scratch}/table.mrt\n"


def everything(scratch):
    return table(scratch) + f"""  geo: {scratch}/city.mmdb
  names: {scratch}/names.csv
  routerTables: {{{EXPORTERS[0]}: {scratch}/table.mrt}}
  boundary: {{external: "uplink *", internal: "lan *"}}
  classes: [{{exporter: "edge-1*", region: eu}}, {{interface: "uplink *", connectivity: transit}}, {{prefix: 198.18.0.0/15, tenant: acme}}]
  localNetworks: [100.64.0.0/10, "2001:db8:1000::/36"]
  resolver: {{servers: "127.0.0.1:9", talkers: 100}}
samplers:
  127.1.0.0/27: {{isIncomingFlow: [{{SrcAS: 64500, FlowDirection: 0}}, {{DstAddrInRange: 100.64.0.0/10}}]}}
"""


def metric(name):
    """The sum over a metric's labels."""
    with urllib.request.urlopen("http://127.0.0.1:28080/metrics", timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.split("{")[0].split(" ")[0] == name)


def has_table():
    return metric("netmeta_asmap_routes") >= 1_220_000


def has_everything():
    return metric("netmeta_asmap_routes") >= 5_000_000 and metric("netmeta_router_table_prefixes") >= 1_220_000


main()
