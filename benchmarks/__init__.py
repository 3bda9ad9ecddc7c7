"""pcstate and other model checkers on the same networks: `python -m benchmarks`."""
