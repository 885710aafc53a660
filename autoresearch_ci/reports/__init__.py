"""History in, text out. A report only reads; the forms of `results` are in formats/."""
