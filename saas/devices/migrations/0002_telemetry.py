"""The telemetry store: schema `telemetry`, beside the tenants' schemas. Only the ingester writes it."""

from django.db import migrations

STORE = """
CREATE SCHEMA IF NOT EXISTS telemetry;

CREATE TABLE telemetry.message (
    ts_ms bigint NOT NULL,
    device text NOT NULL,
    boot bigint NOT NULL,
    seq bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('telemetry', 'event', 'reply')),
    tenant text NOT NULL,
    evse smallint NOT NULL,
    session text,
    energy_wh bigint,
    power_w int,
    current_ma int,
    voltage_mv int,
    temperature_mc int,
    soc_pct smallint,
    type text,
    reason text,
    code text,
    body jsonb,
    received_at timestamptz NOT NULL,
    UNIQUE (ts_ms, device, boot, seq)
) PARTITION BY RANGE (ts_ms);
CREATE TABLE telemetry.message_default PARTITION OF telemetry.message DEFAULT;
COMMENT ON TABLE telemetry.message IS 'What devices sent, once each; partitioned by the UTC day of the message''s own time';
CREATE INDEX message_received ON telemetry.message USING brin (received_at);
ALTER TABLE telemetry.message ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON telemetry.message FOR SELECT USING (tenant = current_setting('wattlane.tenant', true));

CREATE TABLE telemetry.watermark (
    device text NOT NULL,
    boot bigint NOT NULL,
    seq bigint NOT NULL,
    ahead bigint[] NOT NULL DEFAULT '{}',
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (device, boot)
);
COMMENT ON COLUMN telemetry.watermark.seq IS 'Everything of this boot up to here is committed (or was dropped by the device)';
COMMENT ON COLUMN telemetry.watermark.ahead IS 'Committed beyond a gap: half-open ranges, start and end in turn';

CREATE TABLE telemetry.quarantine (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    payload bytea NOT NULL,
    reason text NOT NULL,
    received_at timestamptz NOT NULL,
    replayed_at timestamptz
);
CREATE INDEX quarantine_open ON telemetry.quarantine (id) WHERE replayed_at IS NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("devices", "0001_initial")]
    operations = [migrations.RunSQL(STORE, "DROP SCHEMA telemetry CASCADE")]
