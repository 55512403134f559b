"""Words of text and plain variables become fields in one walk: the same ones as word by word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from freshlayer.model.reasons import Reason
from freshlayer.shell.expand import Expander, one_at_a_time
from freshlayer.shell.frame import Frame
from freshlayer.shell.status import Status
from freshlayer.shell.syntax.nodes import Literal, Parameter, Part, Word
from freshlayer.shell.values import NOTHING, Hole, Values, Why

_HOLE = Hole(Why.IMAGE, Reason("needs-image-files"), "$(x)")
_VALUES: dict[str, Values] = {
    "A": (("a",),),
    "B": (("b c",),),
    "E": NOTHING,
    "H": (("h", _HOLE),),
    "M": (("m",), ("n",)),
    "S": ((" s ",),),
}
_NAMES = st.sampled_from(sorted(_VALUES))
_PARTS: st.SearchStrategy[Part] = st.one_of(
    st.builds(Literal, st.sampled_from(("x", "/y", "z w")), st.booleans()),
    _NAMES.flatmap(lambda name: st.builds(Parameter, st.just(name), st.just(f"${name}"), st.booleans())),
)
_WORDS = st.lists(st.lists(_PARTS, min_size=1, max_size=3).map(tuple), min_size=1, max_size=4).map(tuple)


def _frame(separators: str | None) -> Frame:
    frame = Frame(lambda _name: NOTHING, dict(_VALUES))
    if separators is not None:
        frame.set("IFS", ((separators,),) if separators else NOTHING)
    return frame


@given(_WORDS, st.sampled_from((None, "", " ", "/", "b")))
def test_the_fields_are_those_of_each_word(words: tuple[Word, ...], separators: str | None) -> None:
    expander = Expander(lambda _text, _frame: (NOTHING, Status.TRUE))
    frame = _frame(separators)
    found = expander.plain_fields(words, frame)
    # All names have a value, so that this only keeps every word from the short way.
    each = [expander.fields(word, frame, unset_vanishes=True) for word in words]
    if found is not None:
        assert one_at_a_time(each) == [found]


def test_words_of_several_values_and_substitutions_are_left() -> None:
    expander = Expander(lambda _text, _frame: (NOTHING, Status.TRUE))
    for name in ("B", "E", "M", "S"):
        assert expander.plain_fields(((Parameter(name, f"${name}"),),), _frame(None)) is None
    assert expander.plain_fields(((Parameter("B", "$B", quoted=True),),), _frame(None)) == (("b c",),)
