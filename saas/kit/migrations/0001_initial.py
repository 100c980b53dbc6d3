from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Window",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(help_text="Digest: holds no address and no person", max_length=64)),
                ("start_s", models.BigIntegerField()),
                ("count", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("key", "start_s"), name="kit_window_once")],
            },
        ),
        # Counts may be lost in a crash; they must not cost a write to the log each.
        migrations.RunSQL("ALTER TABLE kit_window SET UNLOGGED", "ALTER TABLE kit_window SET LOGGED"),
    ]
