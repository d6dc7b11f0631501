"""What can befall a disk: it is full, it hangs, folders can't be written."""

import contextlib
import os
import pathlib
import subprocess

import pytest

import network


class Disk:
    """A file with a file system in it, mounted; everything here is done to it and to nothing else."""

    def __init__(self, image, place, megabytes):
        self.image, self.place = pathlib.Path(image), pathlib.Path(place)
        self.place.mkdir(exist_ok=True)
        with self.image.open("wb") as file:
            file.truncate(megabytes << 20)
        # No blocks for root alone: full is full.
        network.run("mkfs.ext4", "-q", "-m", "0", str(self.image))
        try:
            network.run("mount", "-o", "loop", str(self.image), str(self.place))
        except RuntimeError as error:
            # A container, most likely.
            pytest.skip(f"a file can't be mounted here: {error}")

    def free(self):
        state = os.statvfs(self.place)
        return state.f_bavail * state.f_frsize

    @contextlib.contextmanager
    def full(self):
        """Nothing more fits."""
        filler = self.place / "filler"
        try:
            with filler.open("ab") as file:
                for piece in (1 << 28, 1 << 24, 1 << 20, 1 << 16, 1 << 12):
                    with contextlib.suppress(OSError):
                        while True:
                            os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, piece)
            yield
        finally:
            filler.unlink(missing_ok=True)

    @contextlib.contextmanager
    def frozen(self):
        """Whoever writes waits."""
        network.run("fsfreeze", "--freeze", str(self.place))
        try:
            yield
        finally:
            network.run("fsfreeze", "--unfreeze", str(self.place))

    def remove(self):
        subprocess.run(["umount", "--recursive", "--lazy", str(self.place)], capture_output=True)
        self.image.unlink(missing_ok=True)


@contextlib.contextmanager
def unwritable(folder):
    """No file can be made, renamed or removed in any folder below; files that are open can be written."""
    def attribute(sign):
        # What appears while it walks is met the second time.
        for _ in range(2):
            subprocess.run(
                ["find", str(folder), "-type", "d", "-exec", "chattr", f"{sign}i", "{}", "+"], capture_output=True)

    probe = pathlib.Path(folder) / "probe"
    try:
        attribute("+")
        with contextlib.suppress(PermissionError):
            probe.touch()
            probe.unlink()
            pytest.skip(f"the file system of {folder} knows no immutable folders")
        yield
    finally:
        attribute("-")


def elsewhere(folder, place):
    """Has a folder be on the disk that another one is on."""
    folder.mkdir(parents=True, exist_ok=True)
    place.mkdir(parents=True, exist_ok=True)
    network.run("mount", "--bind", str(place), str(folder))
