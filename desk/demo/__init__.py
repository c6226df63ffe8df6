"""The demo centre: fictional people and runs, written through the real services."""
