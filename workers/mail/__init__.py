"""Mail: sent once, by a job with backoff, through any SMTP server, its fate told in chat."""
