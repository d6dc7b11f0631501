import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

import program  # noqa: E402 (needs the path)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server that nobody has to log in to, with rows of a capture."""
    running = program.Program(tmp_path_factory.mktemp("open")).start()
    running.sent = running.fill()
    yield running
    running.stop()
