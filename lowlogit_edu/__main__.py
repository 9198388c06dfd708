"""`python -m lowlogit_edu` is the command `lowlogit`."""

from lowlogit_edu.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
