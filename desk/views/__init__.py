"""Pages that span the apps, one module per person or place."""
