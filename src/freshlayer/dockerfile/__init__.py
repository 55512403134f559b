"""Dockerfile text → stages of instructions with their lines; ARG and ENV scope; reachability. Pure."""
