"""One folder a capability; others reach one through its ``service``."""
