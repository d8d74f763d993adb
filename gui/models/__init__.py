"""Tables and trees that Qt views show."""
