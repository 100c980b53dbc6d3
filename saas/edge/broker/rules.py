"""Who may publish and read what. The same rules stand in `infra/mosquitto/acl`; a test compares the two."""

CONTROL = "$CONTROL/dynamic-security/v1"  # Mosquitto's plug-in; the embedded broker has nobody listening there
LOG = "$SYS/broker/log/#"  # Mosquitto's log, where it is told to publish it

PUBLISH: dict[str, tuple[str, ...]] = {
    "_ingester": ("ev/v1/+/ack",),
    "_dispatcher": ("ev/v1/+/cmd", CONTROL),
    "_gateway": ("ev/v1/+/telemetry", "ev/v1/+/event", "ev/v1/+/status", "ev/v1/+/reply", "rpc/v1/ask/+/+/+"),
    "_answers": ("rpc/v1/answer/+/+",),
}
READ: dict[str, tuple[str, ...]] = {
    "_ingester": ("ev/v1/+/telemetry", "ev/v1/+/event", "ev/v1/+/status", "ev/v1/+/reply"),
    "_dispatcher": (f"{CONTROL}/response", LOG),
    "_gateway": ("ev/v1/+/cmd", "ev/v1/+/ack", "rpc/v1/answer/+/+"),
    "_answers": ("rpc/v1/ask/+/+/+",),
}
DEVICE_PUBLISH = ("ev/v1/%u/telemetry", "ev/v1/%u/event", "ev/v1/%u/status", "ev/v1/%u/reply")
DEVICE_READ = ("ev/v1/%u/cmd", "ev/v1/%u/ack")


def is_internal(user: str) -> bool:
    """Users of our own processes begin with an underscore; no device id does."""
    return user.startswith("_")


def may_publish(user: str, topic: str) -> bool:
    """Whether the user may publish to this topic (which has no wildcards)."""
    if "+" in topic or "#" in topic:
        return False
    return _allowed(PUBLISH.get(user, ()) if is_internal(user) else DEVICE_PUBLISH, user, topic)


def may_read(user: str, topic_filter: str) -> bool:
    """Whether the user may read everything that this filter, or plain topic, covers."""
    return _allowed(READ.get(user, ()) if is_internal(user) else DEVICE_READ, user, topic_filter)


def may_call_itself(user: str, client_id: str) -> bool:
    """A client id begins with the user's name, so that nobody takes over another's connection or session."""
    return client_id == user or client_id.startswith(f"{user}-")


def acl() -> str:
    """These rules in the form of Mosquitto's `acl_file`."""
    devices = [("write", topic) for topic in DEVICE_PUBLISH] + [("read", topic) for topic in DEVICE_READ]
    blocks = ["# Who may publish and read what: saas/edge/broker/rules.py in Mosquitto's words (`wattlane broker`)."]
    blocks.append(
        "# A device: its own topics only. %u is the user name, which is the device id."
        + "".join(f"\npattern {kind} {topic}" for kind, topic in devices)
    )
    for user in sorted(PUBLISH | READ):
        topics = [("write", topic) for topic in PUBLISH.get(user, ())] + [
            ("read", topic) for topic in READ.get(user, ())
        ]
        blocks.append(f"user {user}" + "".join(f"\ntopic {kind} {topic}" for kind, topic in topics))
    return "\n\n".join(blocks) + "\n"


def _allowed(patterns: tuple[str, ...], user: str, topic: str) -> bool:
    return any(_covers(pattern.replace("%u", user).split("/"), topic.split("/")) for pattern in patterns)


def _covers(pattern: list[str], topic: list[str]) -> bool:
    return len(pattern) == len(topic) and all(
        ours == theirs or (ours == "+" and theirs != "#") for ours, theirs in zip(pattern, topic, strict=True)
    )
