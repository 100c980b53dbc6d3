"""Stations become an app of their own: their table gets its new name here, and is theirs in stations 0001."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("charging", "0002_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.AlterModelTable("station", "stations_station")],
            state_operations=[migrations.DeleteModel("Station")],
        )
    ]
