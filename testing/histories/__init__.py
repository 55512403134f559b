"""Random Dockerfiles over origins that change and fall silent, and an oracle that knows what must run.

python -m testing.histories --builder buildkit --seed 7       replays what a test named
"""
