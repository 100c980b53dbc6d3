# The words of the wire between a device and the platform: constants only.
# This file loads under MicroPython as well (no imports, no typing), so firmware uses the very same words.

VERSION = 1

TOPIC_TELEMETRY = "ev/v1/%s/telemetry"
TOPIC_EVENT = "ev/v1/%s/event"
TOPIC_STATUS = "ev/v1/%s/status"
TOPIC_REPLY = "ev/v1/%s/reply"
TOPIC_CMD = "ev/v1/%s/cmd"
TOPIC_ACK = "ev/v1/%s/ack"

# Largest message a device may send or receive, in bytes.
MAX_BYTES = 8192

# Event types (upward, topic `event`).
EV_BOOT = "boot"  # the device started; new boot number
EV_PLUGGED = "plugged"
EV_UNPLUGGED = "unplugged"
EV_PERMIT = "permit"  # a permit was accepted and stored
EV_PRESENCE = "presence"  # presence proved on the device (one-time code typed)
EV_STARTED = "started"  # relay closed; energy_wh is the meter at start
EV_STOPPED = "stopped"  # relay open; energy_wh is the meter at stop; reason says why
EV_REFUSED = "refused"  # a permit or a code was refused; reason says why
EV_FAULT = "fault"  # code says which
EV_CLEARED = "cleared"  # the fault named by code is gone
EV_NOTICE = "notice"  # the device says something that changes no session; code names it, reason says what
EV_CARD = "card"  # a card was held to the reader; id_tag says which, the platform decides
EVENTS = (
    EV_BOOT,
    EV_PLUGGED,
    EV_UNPLUGGED,
    EV_PERMIT,
    EV_PRESENCE,
    EV_STARTED,
    EV_STOPPED,
    EV_REFUSED,
    EV_FAULT,
    EV_CLEARED,
    EV_NOTICE,
    EV_CARD,
)

# Reasons of `stopped`.
STOP_TIME = "time"  # end of the paid time
STOP_ENERGY = "energy"  # paid energy delivered
STOP_REMOTE = "remote"  # asked by driver, host or operator
STOP_LOCAL = "local"  # button on the device
STOP_UNPLUGGED = "unplugged"
STOP_FAULT = "fault"
STOP_POWER_LOSS = "power_loss"
STOPS = (STOP_TIME, STOP_ENERGY, STOP_REMOTE, STOP_LOCAL, STOP_UNPLUGGED, STOP_FAULT, STOP_POWER_LOSS)

# Reasons of `refused`, and of a reply whose ok is false.
REFUSE_SIGNATURE = "bad_signature"
REFUSE_EXPIRED = "permit_expired"
REFUSE_EARLY = "permit_not_yet_open"
REFUSE_REPLAYED = "permit_replayed"
REFUSE_UNKNOWN = "unknown_session"
REFUSE_CODE = "wrong_code"
REFUSE_LOCKED = "locked_out"  # too many wrong codes
REFUSE_CLOCK = "clock_not_set"
REFUSE_FAULT = "device_fault"
REFUSE_BUSY = "busy"
REFUSE_COMMAND = "unknown_command"
REFUSE_FORMAT = "bad_format"
REFUSE_LATE = "command_expired"  # it arrived after its expires_ms
REFUSE_OLD = "not_newer"  # this firmware or a newer one runs already

# Fault codes.
FAULT_OVER_CURRENT = "over_current"
FAULT_OVER_TEMPERATURE = "over_temperature"
FAULT_STUCK_RELAY = "stuck_relay"
FAULT_METER = "meter_failure"
FAULT_BROWN_OUT = "brown_out"
FAULT_TAMPER = "tamper"
FAULT_UNMETERED = "unmetered_energy"  # the register moved while no session had power; reason says how many Wh
FAULTS = (
    FAULT_OVER_CURRENT,
    FAULT_OVER_TEMPERATURE,
    FAULT_STUCK_RELAY,  # stays, over restarts, until CMD_CLEAR: a person has looked
    FAULT_METER,
    FAULT_BROWN_OUT,  # power pauses; the session goes on, for what is left of it, when the supply is back
    FAULT_TAMPER,
    FAULT_UNMETERED,
)

# Codes of an adapter's notices.
NOTICE_OTA = "ota"  # reason: see OTA_REPORTS
NOTICE_CREDENTIAL = "credential"  # reason: accepted | refused (the old one holds again)
NOTICE_DERATING = "derating"  # reason: how many per cent of its rating the device offers because it is warm

# Commands (downward, topic `cmd`).
CMD_PERMIT = "permit"
CMD_ACTIVATE = "activate"  # presence proved in the app (QR code); close the relay under a stored permit
CMD_STOP = "stop"
CMD_LIMIT = "limit"
CMD_UNLOCK = "unlock"
CMD_CONFIG = "config"
CMD_OTA = "ota"  # data: OTA_FIELDS
CMD_CREDENTIAL = "credential"  # data: {"secret": the new password}; the old one holds until the new one connected
CMD_OCPP = "ocpp"  # for OCPP stations: data {"action", "payload", "timeout_s"}; sent once, its answer is rpc.CallDone
CMD_CLEAR = "clear"  # data: {"code": a fault that stays until a person has looked}; device_fault while it is still seen
COMMANDS = (
    CMD_PERMIT,
    CMD_ACTIVATE,  # data, where a card proved the presence: {"id_tag": it}; the same card then ends the session
    CMD_STOP,
    CMD_LIMIT,
    CMD_UNLOCK,
    CMD_CONFIG,
    CMD_OTA,
    CMD_CREDENTIAL,
    CMD_OCPP,
    CMD_CLEAR,
)

# The manifest of a firmware image. `sig` = hex of an RSA PKCS#1 v1.5 signature, SHA-256, over
# "|".join(OTA_PREFIX, version, size, sha256); the public key is part of the firmware. An image older than the one that
# runs needs "downgrade": true in the manifest, and then "|downgrade" at the end of what is signed.
OTA_PREFIX = "wattlane-firmware-v1"
OTA_FIELDS = ("version", "url", "size", "sha256", "sig")
# What a device says of it: notices with code "ota" and one of these reasons (then ":" and a detail).
OTA_REPORTS = ("downloading", "verified", "installed", "healthy", "rolled_back", "failed")

# State of a device, in `status`.
STATE_IDLE = "idle"
STATE_PLUGGED = "plugged"
STATE_CHARGING = "charging"
STATE_FAULT = "fault"
STATES = (STATE_IDLE, STATE_PLUGGED, STATE_CHARGING, STATE_FAULT)

# The permit: fields in the order in which they are signed.
# signature = hex HMAC-SHA256(device key, "|".join(PERMIT_PREFIX, device id, each field as decimal or text))
PERMIT_PREFIX = "wattlane-permit-v1"
PERMIT_FIELDS = ("session", "start_ms", "end_ms", "energy_wh", "current_ma", "code_hash", "nonce")
# code_hash = hex SHA-256(session + "|" + code); code is six decimal digits.
CODE_DIGITS = 6
