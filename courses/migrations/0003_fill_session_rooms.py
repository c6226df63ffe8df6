"""Class sessions made before have the room and the instructors of their run."""

from django.db import migrations


def fill(apps, schema_editor):
    session_model = apps.get_model("courses", "ClassSession")
    for session in session_model.objects.select_related("run").iterator():
        session.room_id = session.run.room_id
        session.save(update_fields=["room"])
        session.instructors.set(session.run.instructors.all())


class Migration(migrations.Migration):
    dependencies = [("courses", "0002_sessions_have_rooms")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
