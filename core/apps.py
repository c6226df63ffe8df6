from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("Foundation")

    def ready(self) -> None:
        from core import registration
        from core.pages import stamps

        registration.register()
        # The triggers follow the tables; nothing else tells of a rebuilt table.
        pre_migrate.connect(stamps.uninstall, sender=self)
        post_migrate.connect(stamps.install, sender=self)
