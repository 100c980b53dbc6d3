"""A matrix keypad of 4 rows and 3 columns: digits, * clears, # enters. Takes pins, keeps no rules about codes."""

KEYS = ("123", "456", "789", "*0#")
LONGEST = 12


class Keypad:
    def __init__(self, rows: "list[object]", columns: "list[object]") -> None:
        """Rows are outputs, columns inputs with a pull-down: machine.Pin or anything called like one."""
        self._rows = rows
        self._columns = columns
        self._down = ""
        self._typed = ""

    def poll(self) -> "str | None":
        """What was typed, once # is pressed. To be called every 20 to 100 ms: that is the debouncing, too."""
        key = self._scan()
        fresh = key if key != self._down else ""
        self._down = key
        if fresh == "#":
            typed, self._typed = self._typed, ""
            return typed or None
        if fresh:
            self._typed = "" if fresh == "*" else (self._typed + fresh)[-LONGEST:]
        return None

    def _scan(self) -> str:
        """The key that is down, "" for none."""
        found = ""
        for row, keys in zip(self._rows, KEYS):  # noqa: B905 - MicroPython's zip has no "strict"
            row(1)  # type: ignore[operator]
            for column, key in zip(self._columns, keys):  # noqa: B905
                if column():  # type: ignore[operator]
                    found = key
            row(0)  # type: ignore[operator]
        return found
