"""Discharge outlets: the register, its stages, the chain from source to river, and what was never looked at."""
