"""A page to PDF, by the Chromium of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from telemetry.errors import NadiError

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SECONDS: Final = 120


def browser() -> str | None:
    """Where it is; None where none is installed."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def print_pdf(html: Path, pdf: Path) -> None:
    """Raises NadiError: no browser is installed, or it fails; what stood at `pdf` before stays then."""
    program = browser()
    if program is None:
        raise NadiError(
            f"--format pdf needs Chromium ({', '.join(BROWSERS)}), and none is installed; install it "
            f"(Debian: apt-get install chromium), or open {html} in any browser and print it to a file"
        )
    with tempfile.TemporaryDirectory(prefix="nadi-report-") as folder:
        # Beside nothing of before: a browser may fail and still say that all went well.
        made = Path(folder) / "made.pdf"
        command = [program, "--headless", "--disable-gpu", "--no-first-run", f"--user-data-dir={folder}/profile"]
        # Chromium refuses its sandbox to root; the page is our own and has no script.
        command += ["--no-sandbox"] if os.geteuid() == 0 else []
        command += ["--no-pdf-header-footer", f"--print-to-pdf={made}", html.resolve().as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
            if not done.returncode and made.exists():
                shutil.copyfile(made, pdf)
                return
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NadiError(f"{program} can't print {html}: {error}") from error
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
    raise NadiError(f"{program} can't print {html}: {' '.join(said) or f'exit code {done.returncode}'}")
