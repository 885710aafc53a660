"""The working tree and git's own files as they were before a run, and how they are put back."""
