"""The command python -m sealring, as the Go command sealring; its README tells of options and exit codes."""

import sys

from ._cli import main

sys.exit(main(sys.argv[1:]))
