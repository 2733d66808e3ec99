"""Minutes of what was said in a room: what mattered, what was decided, who does what by when."""
