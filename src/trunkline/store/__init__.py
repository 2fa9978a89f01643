"""The database: tables, the journal that alone writes them, and one repository per table group."""
