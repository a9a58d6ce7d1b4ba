"""Six small migrators of the toy product in one program: ``five.py VARIANT VERB``; five have one mistake each.

safe       each file is made under another name, forced, renamed, its folder forced; a marker comes last of all
early      the marker comes before the target
inplace    the target is written in its place, and taken for whole where it is there
nosync     nothing is ever forced to the disk
nodirsync  files are forced, folders are not
blind      does not look again at what it has read; the others say so where others have changed it meanwhile
"""

import json
import os
import sys

VARIANT, VERB = sys.argv[1:]
MARKER, BACKUP, TARGET = ".state/done", ".state/backup", "target.json"


def force(path: str) -> None:
    if VARIANT == "nosync" or (VARIANT == "nodirsync" and os.path.isdir(path)):
        return
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)


def put(path: str, content: bytes) -> None:
    in_place = VARIANT == "inplace" and path == TARGET
    name = path if in_place else path + ".part"
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if path != TARGET else 0o644)
    half = len(content) // 2
    for rest in ([content[:half]], [content[half:]]):
        while rest[0]:
            rest[0] = rest[0][os.write(fd, rest[0]) :]
    os.close(fd)
    force(name)
    if not in_place:
        os.rename(name, path)
    force(os.path.dirname(path) or ".")


def drop(path: str) -> None:
    if os.path.exists(path):
        os.unlink(path)
        force(os.path.dirname(path) or ".")


def migrate() -> None:
    if os.path.exists(MARKER) or (VARIANT == "inplace" and os.path.exists(TARGET)):
        return
    drop(TARGET + ".part")
    with open("legacy", "rb") as file:
        legacy = file.read()
    if not os.path.isdir(".state"):
        os.mkdir(".state", 0o700)
        force(".")
    put(BACKUP, legacy)
    if VARIANT == "early":
        put(MARKER, b"done")
    rows = {str(place): {"value": number} for place, number in enumerate(json.loads(legacy))}
    put(TARGET, json.dumps({"notes": rows}).encode())
    if VARIANT != "early":
        put(MARKER, b"done")
    with open("legacy", "rb") as file:
        report(changed=VARIANT != "blind" and file.read() != legacy)


def report(*, changed: bool) -> None:
    """Notes, outside the home, whether the run was overtaken."""
    if "MIGRATION_REPORT" in os.environ:
        notes = [{"source": "legacy", "id": "legacy", "reason": "changed-meanwhile"}] if changed else []
        with open(os.environ["MIGRATION_REPORT"], "w", encoding="ascii") as file:
            json.dump({"notes": notes}, file)


def rollback() -> None:
    drop(MARKER)
    drop(TARGET)
    drop(TARGET + ".part")


if __name__ == "__main__":
    try:
        {"migrate": migrate, "rollback": rollback}[VERB]()
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(5)
