"""The words on the superusers' admin; what has a page of its own is done there."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

admin.site.site_header = _("Hidaj Shoe Centre: administration")
admin.site.site_title = _("Administration")
admin.site.index_title = _("Tables (to read; to change things use the front desk)")
