"""Words and small tools that every package uses: records, history, errors, text, files."""
