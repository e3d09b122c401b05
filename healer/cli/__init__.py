"""The command line: parses, calls the pipeline, prints, exits; decides nothing."""
