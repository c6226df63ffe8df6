"""Which roles open which of the desk's pages; everybody else finds nothing there."""

from __future__ import annotations

from accounts.access import role_required
from accounts.models import Role

STAFF = (Role.RECEPTION, Role.PLANNER, Role.MANAGER)
PLANNERS = (Role.PLANNER, Role.MANAGER)
TEACHERS = (Role.INSTRUCTOR, Role.CONSULTANT)

staff_only = role_required(*STAFF)
planners_only = role_required(*PLANNERS)
teachers_only = role_required(*TEACHERS)
