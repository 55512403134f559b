"""Methods of .NET that read from the network: one row a method."""

from __future__ import annotations

from msgspec import Struct


class Download(Struct, frozen=True):
    """``kind``: the class in reports. ``types``: what the name of a type holds that has such a method."""

    kind: str
    types: tuple[str, ...]

    def belongs(self, type_name: str) -> bool:
        """Whether a type has the method; an unknown one has it, unless other classes have such a name."""
        if not type_name:
            return self.kind != "webrequest"
        return any(part in type_name for part in self.types)


_WEB_CLIENT = Download("webclient", ("webclient",))
_HTTP_CLIENT = Download("httpclient", ("httpclient",))
_REQUEST = Download("webrequest", ("webrequest",))

DOWNLOADS: dict[str, Download] = {
    **{
        f"{verb}{ending}": _WEB_CLIENT
        for verb in ("downloadfile", "downloadstring", "downloaddata", "openread")
        for ending in ("", "async", "taskasync")
    },
    **{
        f"{verb}{ending}": _WEB_CLIENT
        for verb in ("uploadstring", "uploaddata", "uploadfile", "uploadvalues")
        for ending in ("", "async", "taskasync")
    },
    **dict.fromkeys(("getasync", "getstringasync", "getbytearrayasync", "getstreamasync"), _HTTP_CLIENT),
    **dict.fromkeys(("postasync", "putasync", "deleteasync", "patchasync"), _HTTP_CLIENT),
    "create": _REQUEST,
    "createhttp": _REQUEST,
}
"""Method in small letters → its class. ``create`` counts for a class that is known alone."""
