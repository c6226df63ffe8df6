"""Lists of bookings as files: `columns`, `files`, and the long work that makes them."""
