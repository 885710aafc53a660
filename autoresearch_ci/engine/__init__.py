"""The loop: next idea, experiment, evaluator, verdict, record, limits."""
