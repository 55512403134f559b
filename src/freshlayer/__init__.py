"""freshlayer makes the network a build input: it rebuilds exactly the layers whose downloads changed."""

from freshlayer.interrupts import end_quietly_while_loading

end_quietly_while_loading()

__version__ = "0.1.0"
