"""Brokers, topics and processes of NetMeta for the tests of this folder."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import brokers  # noqa: E402
import roles  # noqa: E402


@pytest.fixture
def broker(tmp_path):
    made = brokers.Noida(tmp_path / "broker")
    yield made
    made.stop()


@pytest.fixture
def tansu(tmp_path):
    made = brokers.Tansu()
    yield made
    made.stop()


@pytest.fixture
def processes(tmp_path):
    made = roles.Processes(tmp_path)
    yield made
    made.kill()
