"""Text out of documents: PDF, Word, Excel, PowerPoint, plain text."""
