from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0003_forgiven_no_shows"),
        ("courses", "0004_session_room_required"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="courserun", name="courserun_audience_known"
        ),
        migrations.AlterField(
            model_name="courserun",
            name="audience",
            field=models.CharField(
                choices=[
                    ("any", "For everyone"),
                    ("women", "Women only"),
                    ("cluster", "Workshops of the cluster only"),
                ],
                default="any",
                max_length=7,
                verbose_name="for whom",
            ),
        ),
        migrations.AddConstraint(
            model_name="courserun",
            constraint=models.CheckConstraint(
                condition=Q(audience__in=["any", "women", "cluster"]),
                name="courserun_audience_known",
            ),
        ),
        migrations.AddField(
            model_name="courserun",
            name="approval",
            field=models.CharField(
                choices=[
                    ("none", "Not needed"),
                    ("prereq", "Of who has not completed the prerequisite"),
                    ("always", "Of everyone"),
                ],
                default="none",
                max_length=6,
                verbose_name="approval",
            ),
        ),
        migrations.AddConstraint(
            model_name="courserun",
            constraint=models.CheckConstraint(
                condition=Q(approval__in=["none", "prereq", "always"]),
                name="courserun_approval_known",
            ),
        ),
    ]
