"""The ways out: each gateway sends one message and says what became of it."""
