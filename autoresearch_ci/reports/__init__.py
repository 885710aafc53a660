"""History in, text out. A report only reads; a new one is a file here."""
