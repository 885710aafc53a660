"""A check that the loop can be trusted with a project: known changes, and the verdicts they get.

Everything happens aside, in trees that are thrown away, with the very parts that a session has:
only the ideas are the doctor's.
"""

from autoresearch_ci.doctor.admission import admit, weaknesses
from autoresearch_ci.doctor.examination import TITLES, Examination

__all__ = ["TITLES", "Examination", "admit", "weaknesses"]
