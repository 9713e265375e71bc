"""`python -m bpc` is the command `bpc`."""

from bpc.cli.main import main

raise SystemExit(main())
