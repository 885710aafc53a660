"""Several sessions at work on one campaign: what they know of each other, and how they share."""
