"""Every class session has its room."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("courses", "0003_fill_session_rooms")]

    operations = [
        migrations.AlterField(
            model_name="classsession",
            name="room",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="class_sessions",
                to="booking.room",
                verbose_name="room",
            ),
        )
    ]
