"""The command line: words in, words out. One noun per file."""
