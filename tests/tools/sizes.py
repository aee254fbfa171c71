"""Prints how large each built function is, and its zip, as `sam deploy` uploads it.

    sizes.py FOLDER       the folder that `sam build` writes to
"""

import io
import sys
import zipfile
from pathlib import Path


def zipped(folder):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, path.relative_to(folder))
    return archive.tell()


def main(folder):
    functions = sorted(path.parent for path in Path(folder).glob("*/bootstrap"))
    if not functions:
        sys.exit(f"{folder}: expected a folder with FUNCTION/bootstrap in it, as sam build makes it")
    print(f"{'FUNCTION':<20} {'BYTES':>12} {'ZIP':>12}")
    for function in functions:
        print(f"{function.name:<20} {(function / 'bootstrap').stat().st_size:>12,} {zipped(function):>12,}")


if __name__ == "__main__":
    main(*sys.argv[1:])
