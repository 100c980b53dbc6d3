"""The table is there already: charging 0003 gave it its name."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [("charging", "0003_station_moves_out"), ("sites", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Station",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("device_id", models.CharField(max_length=40, unique=True)),
                        ("station_id", models.CharField(max_length=48)),
                        ("protocol", models.CharField(blank=True, max_length=10)),
                        ("vendor", models.CharField(blank=True, max_length=50)),
                        ("model", models.CharField(blank=True, max_length=50)),
                        ("serial_number", models.CharField(blank=True, max_length=50)),
                        ("firmware", models.CharField(blank=True, max_length=50)),
                        ("booted_at", models.DateTimeField(null=True)),
                        (
                            "location",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="sites.location",
                            ),
                        ),
                    ],
                    options={"abstract": False},
                )
            ],
        )
    ]
