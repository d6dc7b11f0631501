"""Fixtures of the fault tests. The whole run moves into namespaces of its own
(network, mounts), which needs root; Scripts/test.sh leaves it out when it isn't.
"""

import ctypes
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "Lab"))

import collector  # noqa: E402
import disks  # noqa: E402
import network  # noqa: E402
import server  # noqa: E402

CLONE_NEWNS = 0x00020000


@pytest.fixture(scope="session", autouse=True)
def private_namespaces():
    if os.geteuid() != 0:
        pytest.skip("mounts and namespaces need root")
    network.enter_private_network()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    # What is mounted from here on is seen by nobody else, and goes with the last process.
    network.run("mount", "--make-rprivate", "/")
    if not os.access(collector.BINARY, os.X_OK):
        pytest.fail(f"no program at {collector.BINARY}: make build")


@pytest.fixture
def disk(tmp_path):
    """A disk of 2 GB for the data folder alone; it takes no more room than is written."""
    made = disks.Disk(tmp_path / "disk.image", tmp_path / "data", megabytes=2048)
    yield made
    made.remove()


@pytest.fixture
def serving(tmp_path):
    """Makes servers on one data folder; ends what still runs."""
    made = []

    def make(**settings):
        made.append(server.Server(tmp_path, **settings))
        return made[-1]

    yield make
    for one in made:
        one.kill()
        one.load_ends()
