"""Evidence bundles: one zip with all that a screening stood on, from which it can be done again and compared.

``write_bundle`` makes one, ``verify_bundle`` does the screening again from the bundle alone and names whatever differs,
``signature`` signs a bundle apart from it.
"""

from sanxian.evidence.bundle import CONFIDENTIAL, ProjectsSource, write_bundle
from sanxian.evidence.errors import EvidenceError
from sanxian.evidence.verify import Difference, Verification, verify_bundle

__all__ = ["CONFIDENTIAL", "Difference", "EvidenceError", "ProjectsSource", "Verification", "verify_bundle", "write_bundle"]
