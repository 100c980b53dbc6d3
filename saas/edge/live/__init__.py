"""Live pages: server-sent events, fed by notifications, resumed from the rows by Last-Event-ID."""
