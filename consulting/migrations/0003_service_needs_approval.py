from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consulting", "0002_consultant_caps")]

    operations = [
        migrations.AddField(
            model_name="service",
            name="needs_approval",
            field=models.BooleanField(
                default=False, verbose_name="staff decide about each appointment"
            ),
        ),
    ]
