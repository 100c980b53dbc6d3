"""Outlets of stations were all taken for 32 A on one line. Those of more power than that have three."""

from django.db import migrations, models

ONE_LINE_W = {
    "IEC_62196_T1": 1_000_000, "NACS": 20_000, "IEC_62196_T1_COMBO": 0, "IEC_62196_T2_COMBO": 0, "CHADEMO": 0,
}  # fmt: skip
COMMONLY_W = 7_400


def three_lines(apps, schema_editor):
    evses = apps.get_model("sites", "Evse").objects.filter(phases=1)
    for evse in evses.annotate(most_w=models.Max("connectors__max_power_w")).exclude(most_w=None).iterator():
        if any(row.max_power_w > ONE_LINE_W.get(row.standard, COMMONLY_W) for row in evse.connectors.all()):
            evse.phases, evse.max_current_ma = 3, max(6, (2 * evse.most_w + 690) // 1380) * 1000
            evse.save(update_fields=["phases", "max_current_ma"])


class Migration(migrations.Migration):
    dependencies = [("sites", "0001_initial")]
    operations = [migrations.RunPython(three_lines, migrations.RunPython.noop)]
