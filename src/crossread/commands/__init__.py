"""The commands of `crossread`, one file each; `cli.py` only names them."""
