"""The embedded MQTT broker: amqtt with our own users, topic rules and repairs. No database, no Django."""
