"""Debian's fastnetmon, fed with sFlow by a real probe, bans an address and later lifts the ban; its notify script is the
two lines of the manual. The attack is seen through the API, with its start, its figures and its end.
"""

import pathlib
import re
import shutil
import subprocess
import threading
import time

import pytest

import collector
import exporters
import network

ATTACK = network.Stream("10.99.0.2", 4777, "10.99.0.1", 5001, 9000, 30)
SFLOW_PORT = 6355

CONFIGURATION = """\
logging_level = info
disable_usage_report = on
enable_ban = on
process_incoming_traffic = on
process_outgoing_traffic = on
ban_details_records_count = 20
ban_time = 4
unban_only_if_attack_finished = off
networks_list_path = {folder}/networks
white_list_path = {folder}/allowed
check_period = 1
enable_connection_tracking = on
ban_for_pps = on
threshold_pps = 200
ban_for_bandwidth = off
ban_for_flows = off
average_calculation_time = 2
speed_calculation_delay = 1
mirror_afpacket = off
pcap = off
netflow = off
sflow = on
sflow_port = {port}
sflow_host = 127.0.0.1
interfaces =
notify_script_path = {folder}/notify.sh
cli_stats_file_path = {folder}/stats
influxdb = on
influxdb_host = 127.0.0.1
influxdb_port = {console}
influxdb_database = fastnetmon
influxdb_push_period = 1
enable_api = off
prometheus = off
pid_path = {folder}/fastnetmon.pid
"""


def manuals_script():
    """The script as the manual has it."""
    page = (collector.ROOT / "Docs/events.md").read_text()
    script, = re.findall("```notify\n(.*?)```", page, re.S)
    return script


@pytest.fixture
def fastnetmon(tmp_path, neighbour):
    if not shutil.which("fastnetmon"):
        pytest.skip("fastnetmon isn't installed (apt-get install fastnetmon)")
    # The program wants addresses without room around them in its list; ours is the attacked one.
    (tmp_path / "networks").write_text(f"{ATTACK.target}/32\n")
    (tmp_path / "allowed").write_text("")
    script = tmp_path / "notify.sh"
    # What it was called with, and when, for the assertions.
    script.write_text(manuals_script().replace("#!/bin/sh\n", f'#!/bin/sh\necho "$(date +%s.%N) $*" >> {tmp_path}/calls\n'))
    script.chmod(0o755)
    configuration = tmp_path / "fastnetmon.conf"
    configuration.write_text(CONFIGURATION.format(folder=tmp_path, port=SFLOW_PORT, console=collector.CONSOLE))
    with (tmp_path / "fastnetmon.log").open("w") as log:
        process = subprocess.Popen(
            ["fastnetmon", f"--configuration_file={configuration}", "--log_to_console"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=tmp_path)
    try:
        network.wait_for(lambda: listens(SFLOW_PORT) or process.poll() is not None, "fastnetmon listens")
        assert process.poll() is None, (tmp_path / "fastnetmon.log").read_text()
        yield tmp_path
    finally:
        # It ignores SIGINT while its threads wait for each other.
        process.kill()
        process.wait()


def listens(port):
    return f":{port:04X} " in pathlib.Path("/proc/self/net/udp").read_text()


def calls(folder):
    """Time and arguments of each call of the script."""
    path = folder / "calls"
    return [(float(line.split()[0]), line.split()[1:]) for line in path.read_text().splitlines()] if path.exists() else []


def test_an_attack_has_its_start_and_its_end(netmeta, fastnetmon, neighbour, tmp_path):
    def attacks():
        return netmeta.api("events", kind="attack", subject=ATTACK.target)["events"]

    def called(action):
        return [at for at, words in calls(fastnetmon) if words[3:4] == [action]]

    probe = tmp_path / "probe"
    probe.mkdir()
    began = time.time()
    with exporters.pmacctd(probe, neighbour.near, "sflow", "127.0.0.1", SFLOW_PORT, sampling=4):
        sender = threading.Thread(target=neighbour.send, args=([ATTACK],))
        sender.start()
        network.wait_for(lambda: called("ban"), "fastnetmon bans")
        attack = network.wait_for(attacks, "the attack in the API")[0]
        seen = time.time()
        sender.join()
    assert attack["end"] is None or attack["end"] >= attack["start"]
    # Told, stored and answered: how long that took is printed, since a busy machine may need longer.
    print(f"seen {seen - called('ban')[0]:.2f} s after FastNetMon's call")
    assert int(began) <= attack["start"] <= seen + 1
    assert attack["tags"]["direction"] == "incoming" and attack["source"] == "fastnetmon"
    assert attack["figures"]["pps"] >= 200
    assert attack["text"].startswith(f"IP: {ATTACK.target}\n"), attack["text"]

    network.wait_for(lambda: called("unban"), "fastnetmon lifts the ban")
    # As long as the traffic goes on, the next ban is another attack.
    ended = network.wait_for(
        lambda: [event for event in attacks() if event["id"] == attack["id"] and event["end"]], "the attack's end in the API")[0]
    assert abs(ended["end"] - called("unban")[0]) < 3
    # Its measurements, which it writes to the same port, are counted and not kept.
    assert netmeta.metrics()['netmeta_events_total{outcome="ignored"}'] > 0
    assert netmeta.metrics()['netmeta_events_total{outcome="malformed"}'] == 0
