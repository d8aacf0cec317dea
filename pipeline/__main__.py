"""`python -m pipeline`, which is what `./nadi` runs."""

from pipeline.cli import main

main()
