"""Coverage-guided fuzzing of what the network can send.

python -m tests.fuzz wire --seconds 600       what is found goes into the corpus, as crash-…: a
python -m tests.fuzz payload --seconds 600    regression test from then on
python -m tests.fuzz decoders --seconds 600   (other people's formats)
python -m tests.fuzz wire --seconds 600 --keep    afterwards the corpus is made anew, minimised
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.targets import CORPUS, TARGETS

ROOT = Path(__file__).resolve().parents[2]
MAX_INPUT = 4096
MAX_KEPT = 512
"""Bytes of an input in the kept corpus."""


def fuzz(target: str, seconds: int, work: Path, found: Path) -> int:
    """Run for so long from the kept corpus on; new inputs go to `work`, failing ones to `found`.

    Returns libFuzzer's exit code: 0 where nothing was found."""
    work.mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={seconds}", f"-max_len={MAX_INPUT}", "-timeout=20", "-rss_limit_mb=1024"]
    options += [f"-artifact_prefix={found}/", "-print_final_stats=1", "-verbosity=1"]
    return _engine(target, str(work), str(CORPUS / target), *options, f"-dict={CORPUS.parent / target}.dict")


def minimise(target: str, work: Path) -> int:
    """The kept corpus and `work` become the fewest inputs that reach the same, beside those that were
    chosen by hand or once failed. Returns their number."""
    kept = [path for path in (CORPUS / target).iterdir() if not path.name.startswith(("crash-", "kept-"))]
    for path in kept:
        shutil.copy(path, work)
    with tempfile.TemporaryDirectory() as folder:
        code = _engine(target, folder, str(work), "-set_cover_merge=1", "-use_counters=0", f"-max_len={MAX_KEPT}")
        fresh = {path.name[:16]: path.read_bytes() for path in Path(folder).iterdir()}
    if code or not fresh:
        raise RuntimeError(f"the corpus of {target} could not be minimised; it stays as it is")
    for path in kept:
        path.unlink()
    for name, content in fresh.items():
        (CORPUS / target / name).write_bytes(content)
    return len(fresh)


def _engine(target: str, *arguments: str) -> int:
    command = [sys.executable, "-m", "tests.fuzz.engine", target, *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--keep", action="store_true", help="take what is new into the corpus, minimised")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="nadi-fuzz-") as folder:
        work = Path(folder) / "work"
        code = fuzz(options.target, options.seconds, work, CORPUS / options.target)
        if options.keep:
            print(f"the corpus of {options.target} has {minimise(options.target, work)} inputs")
    return code


if __name__ == "__main__":
    sys.exit(main())
