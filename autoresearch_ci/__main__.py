"""`python -m autoresearch_ci` is the same program as `autoresearch-ci`."""

from autoresearch_ci.cli import main

if __name__ == "__main__":
    main()
