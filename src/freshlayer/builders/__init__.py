"""The builders. One module each, a row each in ``detect``, which chooses as the user's environment would."""
