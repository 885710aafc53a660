"""The seam of detection. A project type is a file here; its name is its name in messages."""
