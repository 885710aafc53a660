"""The GitHub Action: from what a runner hands over to outputs, a summary and an exit code."""
