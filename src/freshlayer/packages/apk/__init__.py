"""Alpine's apk: ``manager`` is the member; ``solver`` chooses packages as apk does. Pure."""
