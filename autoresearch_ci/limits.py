"""History in, why to stop out. A new stop rule is one more function here."""
