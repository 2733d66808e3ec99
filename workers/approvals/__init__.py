"""Applications: asked for by chat, by page or by an outside system, and carried from approver to approver to an end."""
