"""The target as a program: its syntax in any language, and the lines that must not change."""
