"""Django's SQLite backend with a queue in front of its writers; settings name it as the ENGINE."""
