"""Files in, checked and typed layers out; the workspace that holds them."""
