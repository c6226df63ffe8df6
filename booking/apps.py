from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BookingConfig(AppConfig):
    name = "booking"
    verbose_name = _("Places and times")

    def ready(self) -> None:
        from booking import registration

        registration.register()
