"""Pages of signing in (`sign_in`, `second_factor`) and of oneself (`me`, `phone`)."""
