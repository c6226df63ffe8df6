"""Which roles open the staff pages of consulting."""

from __future__ import annotations

from accounts.access import STAFF_ROLES, role_required
from accounts.models import Role

PLANNERS = (Role.PLANNER, Role.MANAGER)

staff_only = role_required(*STAFF_ROLES)
planners_only = role_required(*PLANNERS)
