"""Script of the Glue jobs for bronze; the wheel of this project, which comes with it, does all."""

import sys

from ingestion.glue import main

main(sys.argv[1:])
