"""Raw CSV files into bronze tables, with a ledger of every file and a reason for every reject."""
