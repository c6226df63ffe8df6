from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("booking", "0001_places_and_times")]

    operations = [
        migrations.AddField(
            model_name="reservation",
            name="approval_for",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="reservation",
            name="approval_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="reservation",
            name="statement",
            field=models.CharField(
                blank=True, max_length=500, verbose_name="own statement"
            ),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(
                condition=Q(state="pending"),
                fields=["approval_until"],
                name="reservation_approval_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(
                condition=~Q(state="pending") | Q(approval_until__isnull=False),
                name="reservation_pending_has_deadline",
            ),
        ),
    ]
