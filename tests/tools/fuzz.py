"""Searches each sort of input for one that breaks its property, and prints it as a line of tests/tests/inputs/found.rs.

    fuzz.py PROGRAM FOLDER SECONDS [SORT]     the built fuzzer, where its inputs are kept, and how long for each sort
"""

import os
import re
import subprocess
import sys
from pathlib import Path

SORTS = ["payload", "topology", "account", "record"]
LONGEST = 32768
# The search for a smaller input that is broken as well.
MINIMISE_SECONDS = 25


def rust(data):
    """The bytes as a literal of Rust."""
    plain = {ord("\n"): "\\n", ord("\t"): "\\t", ord("\r"): "\\r", ord('"'): '\\"', ord("\\"): "\\\\"}
    return "".join(plain.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}") for byte in data)


def run(program, sort, *arguments, **settings):
    environment = {**os.environ, "SORT": sort, "RUST_BACKTRACE": "0", **settings}
    return subprocess.run([program, *arguments], env=environment, stderr=subprocess.PIPE, text=True, errors="replace")


def why(printed):
    """The message of the panic, or libFuzzer's own word, such as a timeout."""
    panic = re.search(r"panicked at [^\n]*\n(.*?)\n(?:note: |==)", printed, re.DOTALL)
    own = re.search(r"ERROR: libFuzzer: (.*)", printed)
    return panic[1].strip() if panic else own[1] if own else printed[-2000:]


def smaller(program, sort, found):
    """The smallest input found that is broken, too."""
    least = found.with_suffix(".min")
    run(program, sort, "-minimize_crash=1", f"-max_total_time={MINIMISE_SECONDS}", f"-exact_artifact_path={least}", str(found))
    return least if least.exists() else found


def search(program, folder, sort, seconds):
    """Whether every input holds."""
    corpus, broken = folder / "corpus" / sort, folder / "broken" / sort
    corpus.mkdir(parents=True, exist_ok=True)
    broken.mkdir(parents=True, exist_ok=True)
    limits = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=10", "-rss_limit_mb=2048"]
    done = run(program, sort, *limits, "-print_final_stats=1", f"-artifact_prefix={broken}/", str(corpus), SEEDS=str(corpus))
    figures = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", done.stderr)
    runs = re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
    edges, features, inputs = figures[-1] if figures else ("0", "0", "0")
    print(f"{sort:<10} {int(runs[1]) if runs else 0:>10,} inputs tried, {edges} edges, {features} features, {inputs} kept", flush=True)
    if done.returncode == 0:
        return True
    artifact = re.search(r"Test unit written to (\S+)", done.stderr)
    print(f"{sort}: {why(done.stderr)}")
    if artifact:
        data = smaller(program, sort, Path(artifact[1])).read_bytes()
        print(f'As a line of tests/tests/inputs/found.rs:\n    ("what_is_broken", "{sort}", b"{rust(data)}"),')
    return False


def main(program, folder, seconds, *sorts):
    held = [search(program, Path(folder), sort, seconds) for sort in sorts or SORTS]
    if not all(held):
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
