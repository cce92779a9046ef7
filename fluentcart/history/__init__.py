"""What happened to customers and orders: append-only rows, written by the services that make each change."""
