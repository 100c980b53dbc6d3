from django.db import migrations


class Migration(migrations.Migration):
    """Two bookings that count can never overlap on one charger. An integer range of one stands for equality: that needs
    no extension. Half open on whole minutes, never empty."""

    dependencies = [("bookings", "0002_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE bookings_booking ADD CONSTRAINT booking_no_overlap EXCLUDE USING gist ("
            "int8range(listing_id, listing_id, '[]') WITH &&, during WITH &&) "
            "WHERE (state IN ('held', 'confirmed', 'active'));"
            "ALTER TABLE bookings_booking ADD CONSTRAINT booking_half_open CHECK ("
            "lower_inc(during) AND NOT upper_inc(during) AND NOT isempty(during));",
            "ALTER TABLE bookings_booking DROP CONSTRAINT booking_half_open;"
            "ALTER TABLE bookings_booking DROP CONSTRAINT booking_no_overlap;",
        )
    ]
