"""An autonomous experiment loop: propose, run, measure, keep what is better."""

__version__ = "0.1.0"
