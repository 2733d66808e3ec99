"""What is refused, in people's words."""


class ApprovalError(Exception):
    """This cannot be done. The text is for people and says what is the matter and what to do.

    ``code`` says it to programs: a flow's reason, or gone_on, unknown, bad, many, taken, chain, disabled, nobody.
    """

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code
