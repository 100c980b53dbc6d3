"""Everything that changes maintenance: by devices, by people, by time."""
