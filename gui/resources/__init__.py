"""Icons drawn here, so that no file of anybody else is carried."""
