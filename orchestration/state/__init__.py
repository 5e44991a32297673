"""What a root holds, whether it is a folder or a bucket: tables, versions, runs, results."""
