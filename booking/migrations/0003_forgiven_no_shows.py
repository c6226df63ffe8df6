import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("booking", "0002_approval"),
    ]

    operations = [
        migrations.CreateModel(
            name="NoShowForgiven",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("at", models.DateTimeField()),
                ("reason", models.CharField(max_length=200, verbose_name="reason")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reservation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="forgiven",
                        to="booking.reservation",
                    ),
                ),
            ],
            options={
                "verbose_name": "forgiven no-show",
                "verbose_name_plural": "forgiven no-shows",
                "constraints": [
                    models.CheckConstraint(
                        condition=~Q(reason=""), name="noshowforgiven_with_reason"
                    )
                ],
            },
        ),
    ]
