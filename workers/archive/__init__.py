"""The drive: what was shared in rooms and private chats, kept, shown, found, shared on, and thrown away."""
