"""Sizes as people read them."""


def size_words(size: int) -> str:
    """A number of bytes in words: 812 B, 6 MB, 1.2 GB."""
    amount, unit = float(size), "B"
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if round(amount, 1) < 1024 or unit == "TB":
            break
        amount /= 1024
    return f"{amount:.0f} B" if unit == "B" else f"{f'{amount:.1f}'.removesuffix('.0')} {unit}"
