from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0004_line_moves")]

    operations = [
        migrations.AddField(
            model_name="offering",
            name="names_notice_hours",
            field=models.PositiveIntegerField(
                default=24, verbose_name="names of a party until (hours before)"
            ),
        )
    ]
