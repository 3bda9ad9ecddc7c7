"""`python -m pcstate`: the same as the command `pcstate`."""

from pcstate.cli import main

if __name__ == "__main__":
    main()
