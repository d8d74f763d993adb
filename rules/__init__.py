"""Law as dated data: what a rule is, how it is read, and what it says of a project. Needs only Python."""
