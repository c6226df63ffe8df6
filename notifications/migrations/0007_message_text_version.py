"""Which version of a text each message was written with."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0006_text_versions")]

    operations = [
        migrations.AddField(
            model_name="outboxmessage",
            name="text_version",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="notifications.textversion",
            ),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(("text_version__isnull", False)),
                fields=["text_version"],
                name="outboxmessage_text_version",
            ),
        ),
    ]
