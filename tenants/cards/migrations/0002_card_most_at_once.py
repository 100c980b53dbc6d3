from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cards", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="card",
            name="most_at_once",
            field=models.PositiveSmallIntegerField(
                blank=True, default=1, help_text="Sessions that may run on it at a time; empty: any number", null=True
            ),
        ),
    ]
