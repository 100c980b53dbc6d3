"""Carrying messages: MQTT 3.1.1, TLS, Wi-Fi. Knows nothing of permits and meters."""
