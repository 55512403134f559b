"""Commands that build several targets: compose and bake."""
