"""However the process ends: what was acknowledged is there when it starts again."""

import contextlib
import os
import pathlib
import random
import signal
import time

import pytest

import disks
import network
import server

MEBIBYTE = 1 << 20


def test_an_orderly_end_under_load_loses_nothing(serving):
    """SIGTERM while datagrams come: what the socket took is stored. Behind it a new server goes on."""
    netmeta = serving().start()
    netmeta.load(300, 12)
    with server.Questions(netmeta) as questions:
        network.wait_for(lambda: questions.seen, "rows")
        time.sleep(2)
        netmeta.stop()
        netmeta.start()
        netmeta.load_ended()
        netmeta.at_rest()
    found = netmeta.datagrams()
    server.complete(found, questions.seen)
    # Up to the last datagram that it took nothing is missing: each exporter has one gap, between the two lives.
    one = min(found)[0]
    numbers = sorted(number for exporter, number in found if exporter == one)
    gaps = [b - a for a, b in zip(numbers, numbers[1:]) if b - a != server.RECORDS]
    assert len(gaps) <= 1, gaps
    netmeta.stop()


@pytest.mark.parametrize("syncs", [False, True], ids=["fsync off", "fsync on"])
def test_kill_at_any_moment_takes_nothing_that_was_seen(serving, syncs):
    netmeta = serving(store=f"fsync: {str(syncs).lower()}").start()
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    netmeta.load(300, 30)
    with server.Questions(netmeta) as questions:
        estimates = []
        for _ in range(3):
            answers = questions.answers
            network.wait_for(lambda: questions.answers > answers + 1, "answers")
            # Of exporters whose first rows were acknowledged less than a second ago the next life knows nothing.
            network.wait_for(netmeta.sequences_noted, "a sequence of each exporter")
            time.sleep(chance.uniform(0, 2.5))
            netmeta.kill()
            netmeta.start()
            # Sequence numbers tell how much is missing, as soon as each exporter has sent again.
            network.wait_for(lambda: len(netmeta.api("exporters")["exporters"]) == server.EXPORTERS, "exporters")
            estimates.append(netmeta.health()["gapAtRestart"])
        answers = questions.answers
        network.wait_for(lambda: questions.answers > answers + 1, "answers")
        netmeta.load_ends()
        netmeta.at_rest()
    found = netmeta.datagrams()
    server.complete(found, questions.seen)
    missing = server.missing(found)
    print(f"seed {seed}: {len(found) * server.RECORDS} rows, {missing} between them lost or sent to nobody, "
          f"estimated {estimates}")
    # What came while nobody listened is in both.
    assert 0 < missing <= sum(estimates) < 4 * missing + 100_000
    netmeta.stop()


def test_kill_while_the_spool_empties_stores_nothing_twice(serving):
    """Batches of the spool are stored again when nobody knows whether they were."""
    netmeta = serving().start()
    netmeta.load(300, 15)
    network.wait_for(lambda: netmeta.rows(), "rows")
    with disks.unwritable(netmeta.store_folder):
        netmeta.until(lambda h: h["spool"]["batches"] >= 8, "batches in the spool")
        sent = netmeta.load_ended()
        netmeta.until(lambda h: h["losses"]["stored"] + h["spool"]["rows"] == sent["flows"], "all of it spooled")
        netmeta.kill()
    waiting = len(list((netmeta.data / "spool").glob("*.batch")))
    for moment in (0, 0.005, 0.01, 0.02):
        netmeta.begin()
        left = waiting
        while left == waiting and netmeta.process.poll() is None:
            left = len(list((netmeta.data / "spool").glob("*.batch")))
        # The next one is on its way.
        time.sleep(moment)
        netmeta.kill()
        waiting = left
    netmeta.start()
    health = netmeta.at_rest()
    found = netmeta.datagrams()
    server.complete(found, {})
    assert len(found) * server.RECORDS == sent["flows"] and server.missing(found) == 0
    assert health["losses"]["lost"]["total"] == 0
    netmeta.stop()


def test_an_end_while_the_store_is_away_leaves_all_in_the_spool(serving):
    netmeta = serving().start()
    netmeta.load(300, 5)
    network.wait_for(lambda: netmeta.rows(), "rows")
    with disks.unwritable(netmeta.store_folder):
        netmeta.until(lambda h: h["spool"]["batches"] >= 1, "a batch in the spool")
        sent = netmeta.load_ended()
        netmeta.stop()
    netmeta.start()
    health = netmeta.at_rest()
    assert health["spool"]["replayedRows"] > 0
    server.complete(netmeta.datagrams(), {})
    assert netmeta.rows() == sent["flows"]
    netmeta.stop()


def test_a_damaged_file_of_the_spool_costs_its_rows_and_no_others(serving):
    netmeta = serving().start()
    netmeta.load(300, 5)
    network.wait_for(lambda: netmeta.rows(), "rows")
    with disks.unwritable(netmeta.store_folder):
        netmeta.until(lambda h: h["spool"]["batches"] >= 3, "batches in the spool")
        sent = netmeta.load_ended()
        netmeta.stop()
    files = sorted((netmeta.data / "spool").glob("*.batch"))
    # The last bytes are a column's values: seen when they are read.
    bytes_ = bytearray(files[1].read_bytes())
    bytes_[-9] ^= 255
    files[1].write_bytes(bytes_)
    # Cut short: seen at the start.
    os.truncate(files[2], files[2].stat().st_size // 2)
    netmeta.start()
    health = netmeta.at_rest()
    assert health["spool"]["brokenFiles"] == 2
    assert len(list((netmeta.data / "spool").glob("*.broken"))) == 2
    lost = health["losses"]["lost"]["reasons"]["spool_broken"]
    assert lost > 0 and lost % server.RECORDS == 0
    found = netmeta.datagrams()
    server.complete(found, {})
    assert sent["flows"] - lost > len(found) * server.RECORDS > 0
    assert "set aside" in netmeta.log.read_text()
    netmeta.stop()


def test_a_kill_by_the_kernel_for_want_of_memory(serving):
    """A memory cgroup that is too small: the kernel kills it; without the bound it goes on."""
    group = MemoryGroup(f"netmeta-faults-{os.getpid()}")
    netmeta = serving()
    try:
        netmeta.wrapper = group.wrapper()
        netmeta.start()
        netmeta.load(300, 30)
        with server.Questions(netmeta) as questions:
            network.wait_for(lambda: questions.answers > 2 and questions.seen, "answers")
            group.narrow()
            network.wait_for(lambda: netmeta.process.poll() is not None, "the kernel's kill", 60)
            assert netmeta.process.returncode == -signal.SIGKILL
            netmeta.wrapper = []
            netmeta.start()
            answers = questions.answers
            network.wait_for(lambda: questions.answers > answers + 1, "answers")
            netmeta.load_ends()
            netmeta.at_rest()
        server.complete(netmeta.datagrams(), questions.seen)
        netmeta.stop()
    finally:
        netmeta.kill()
        group.remove()


class MemoryGroup:
    """A cgroup, of version 2 or 1, whose processes may have less memory than they need."""

    def __init__(self, name):
        for root, limit, usage in (
            ("/sys/fs/cgroup", "memory.max", "memory.current"),
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
        ):
            path = pathlib.Path(root) / name
            try:
                path.mkdir()
            except OSError:
                continue
            if (path / limit).exists():
                self.path, self.limit, self.usage = path, path / limit, path / usage
                return
            path.rmdir()
        pytest.skip("no memory cgroup can be made here")

    def wrapper(self):
        return ["sh", "-c", f'echo $$ > {self.path}/cgroup.procs && exec "$0" "$@"']

    def narrow(self):
        """Less and less until the kernel finds no more to take back."""
        for _ in range(300):
            if not (self.path / "cgroup.procs").read_text().strip():
                return
            # Version 1 refuses a bound below what it can't take back; then the one before stays.
            with contextlib.suppress(OSError):
                self.limit.write_text(str(int(self.usage.read_text()) - 4 * MEBIBYTE))
            time.sleep(0.1)

    def remove(self):
        for _ in range(50):
            try:
                self.path.rmdir()
                return
            except OSError:
                time.sleep(0.1)
