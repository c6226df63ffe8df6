"""What Django's Persian formats lack: grouped numbers with Persian separators."""

NUMBER_GROUPING = 3
THOUSAND_SEPARATOR = "٬"
DECIMAL_SEPARATOR = "٫"
