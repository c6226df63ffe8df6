"""The texts that staff write: a table whose rows never change."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Who rebuilds this table later (SQLite does so for most changes) has to make the
# trigger again; a test sees that it is there.
SQLITE = """
CREATE TRIGGER textversion_never_changes
BEFORE UPDATE ON notifications_textversion
BEGIN
    SELECT RAISE(ABORT, 'textversion_never_changes');
END
"""
POSTGRES = """
CREATE FUNCTION textversion_never_changes() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'textversion_never_changes'
    USING ERRCODE = 'integrity_constraint_violation';
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER textversion_never_changes
BEFORE UPDATE ON notifications_textversion
FOR EACH ROW EXECUTE FUNCTION textversion_never_changes();
"""
DROP_SQLITE = "DROP TRIGGER textversion_never_changes"
DROP_POSTGRES = """
DROP TRIGGER textversion_never_changes ON notifications_textversion;
DROP FUNCTION textversion_never_changes();
"""


def forbid_changes(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(POSTGRES if is_postgres else SQLITE, params=None)


def allow_changes(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(DROP_POSTGRES if is_postgres else DROP_SQLITE, params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0005_ladder"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TextVersion",
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
                ("kind", models.CharField(max_length=60)),
                (
                    "language",
                    models.CharField(
                        choices=[("fa", "Persian"), ("en", "English")], max_length=2
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("is_default", models.BooleanField(default=False)),
                ("restores", models.PositiveIntegerField(blank=True, null=True)),
                ("sms", models.TextField(blank=True)),
                ("sms_linked", models.TextField(blank=True)),
                ("email_subject", models.TextField(blank=True)),
                ("email_body", models.TextField(blank=True)),
                ("written_at", models.DateTimeField()),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "text of a message",
                "verbose_name_plural": "texts of messages",
                "constraints": [
                    models.UniqueConstraint(
                        fields=["kind", "language", "number"],
                        name="textversion_number_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(number__gt=0),
                        name="textversion_number_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(language__in=["fa", "en"]),
                        name="textversion_language_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            is_default=True,
                            sms="",
                            sms_linked="",
                            email_subject="",
                            email_body="",
                        )
                        | (models.Q(is_default=False) & ~models.Q(sms="")),
                        name="textversion_default_or_words",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(restores=None)
                        | models.Q(
                            is_default=False,
                            restores__gt=0,
                            restores__lt=models.F("number"),
                        ),
                        name="textversion_restores_earlier",
                    ),
                ],
            },
        ),
        migrations.RunPython(forbid_changes, allow_changes),
    ]
