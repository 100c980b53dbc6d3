"""Several ingesters, clocks that are off, and what became of messages that were set aside."""

from django.db import migrations

FORWARD = """
CREATE TABLE telemetry.ingester (
    client_id text PRIMARY KEY,
    ready_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE telemetry.ingester IS 'Sessions that ingesters have at the broker, once they are subscribed';

ALTER TABLE telemetry.message ADD COLUMN clock text CHECK (clock IN ('ahead', 'behind'));
COMMENT ON COLUMN telemetry.message.clock IS 'The device''s clock was wrong beyond doubt: ts_ms is what it said';
CREATE INDEX message_clock ON telemetry.message (received_at) WHERE clock IS NOT NULL;

ALTER TABLE telemetry.quarantine ADD COLUMN stored boolean, ADD COLUMN tried_at timestamptz, ADD COLUMN result text;
COMMENT ON COLUMN telemetry.quarantine.stored IS 'It is in the store: only the tenant''s rules refused it';
COMMENT ON COLUMN telemetry.quarantine.result IS 'What the last replay came to';
CREATE INDEX quarantine_device ON telemetry.quarantine (split_part(topic, '/', 3), id);
CREATE INDEX quarantine_received ON telemetry.quarantine (received_at);
"""

BACK = """
DROP INDEX telemetry.quarantine_received, telemetry.quarantine_device, telemetry.message_clock;
ALTER TABLE telemetry.quarantine DROP COLUMN stored, DROP COLUMN tried_at, DROP COLUMN result;
ALTER TABLE telemetry.message DROP COLUMN clock;
DROP TABLE telemetry.ingester;
"""


class Migration(migrations.Migration):
    dependencies = [("devices", "0003_credentials_and_enrolment")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
