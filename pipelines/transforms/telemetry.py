"""From messages as they came to messages that are good, and the reasons of those that are not."""

import polars as pl

HOUR_MS = 3_600_000
KEY = ("device", "boot", "seq")
_UUID = r"^(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


def judged(raw: pl.DataFrame) -> pl.DataFrame:
    """`raw` with `wrong`: the reason why a message cannot be used, or null. Rows in the order of their key.

    future: more than an hour after it was received. duplicate: (device, boot, seq) again with another time.
    register_falls: a sample below an earlier one of the same boot. no_tenant: nobody owned the device.
    """
    rows = raw.sort("device", "boot", "seq", "received_at", "ts_ms")
    received_ms = pl.col("received_at").dt.epoch("ms")
    register = pl.when(pl.col("kind") == "telemetry").then(pl.col("energy_wh"))
    highest = pl.col("energy_wh").cum_max().shift(1).over("device", "evse", "boot")
    rows = rows.with_columns(
        wrong=pl.when(pl.col("tenant").is_null() | (pl.col("tenant") == ""))
        .then(pl.lit("no_tenant"))
        .when(pl.col("ts_ms") > received_ms + HOUR_MS)
        .then(pl.lit("future"))
        .when(~pl.struct(KEY).is_first_distinct())
        .then(pl.lit("duplicate"))
        .when(register < highest)
        .then(pl.lit("register_falls"))
    )
    return rows.sort("ts_ms", *KEY)


def clean(judged_rows: pl.DataFrame) -> pl.DataFrame:
    """The messages that are good. A session that the station named itself is named with its device: `named`."""
    good = judged_rows.filter(pl.col("wrong").is_null()).drop("wrong")
    return good.with_columns(session=named())


def named(device: str = "device", session: str = "session") -> pl.Expr:
    """A session's name within the tenant: a UUID of ours as it is, any other as `device/name`.

    Two stations may give the same transaction: those of OCPP 1.6 hold the second of their start, and in OCPP 2.0.1 a
    station may count from one.
    """
    ours = pl.col(session).str.contains(_UUID)
    return pl.when(ours).then(session).otherwise(pl.concat_str(device, session, separator="/")).alias("session")


def set_aside(judged_rows: pl.DataFrame) -> pl.DataFrame:
    """Columns of the mart `set_aside`: rows and up to three examples per tenant, day and reason."""
    wrong = judged_rows.filter(pl.col("wrong").is_not_null())
    name = pl.format("{} boot {} seq {}", "device", "boot", "seq")
    return (
        wrong.with_columns(tenant=pl.col("tenant").fill_null(""))
        .group_by("tenant", "day", reason="wrong", maintain_order=True)
        .agg(rows=pl.len().cast(pl.Int64), examples=name.head(3).str.join("; "))
        .with_columns(origin=pl.lit("telemetry"))
    )
