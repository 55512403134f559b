"""freshlayer makes the network a build input: it rebuilds exactly the layers whose downloads changed."""

__version__ = "0.1.0"
