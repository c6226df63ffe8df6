"""The one error of this app: what a person typed cannot be read."""


class InputError(ValueError):
    """A translated sentence fit to show beside the field, and a stable code."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code
