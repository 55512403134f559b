"""The files of each stage, as far as the Dockerfile shows where they come from."""
