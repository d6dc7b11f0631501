"""What `netmeta deploy` gives, beside the tools that read it."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("NETMETA_BINARY", str(ROOT / ".build/release/netmeta"))


@pytest.fixture
def deploy(tmp_path):
    """Writes the files of one kind below a folder of the test's own, and gives that folder."""

    def write(*arguments):
        subprocess.run([BINARY, "deploy", *arguments, "--output", str(tmp_path)], check=True, capture_output=True)
        return tmp_path

    return write


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)
