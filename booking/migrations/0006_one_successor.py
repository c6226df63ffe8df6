from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0005_party_names")]

    operations = [
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("previous__isnull", False)),
                fields=("previous",),
                name="reservation_one_successor",
            ),
        )
    ]
