"""Small programs for developers, CI and containers; nothing here is imported by the service."""
