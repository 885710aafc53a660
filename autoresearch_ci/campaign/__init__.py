"""All the work under one tag: ledger, branches, requests, and how it is shared."""
