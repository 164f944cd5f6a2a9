"""`python -m crossread`, the same as `crossread`."""

from crossread.cli import main

main()
