"""Evidence bundles: one zip with all that a screening stood on, from which it can be done again and compared.

``bundle.write_bundle`` makes one, ``verify.verify_bundle`` does the screening again from the bundle alone and names
whatever differs, ``signature`` signs a bundle apart from it. Nothing is imported here: the command line reads the
arguments of ``cli`` at every start, and geometry libraries take most of a second.
"""
