"""The shape of what people type on the desk's pages, one module per group of pages."""
