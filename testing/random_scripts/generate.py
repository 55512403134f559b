"""Random scripts over everything that the evaluator claims to follow, from a seed.

Each command that downloads has a number in its URLs, so that a line about what is not watched
can be matched to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from testing.random_scripts.constructs import BASH, POSIX, rows
from testing.random_scripts.tree import Block, Node, node

VALUES = {"V": "1.2.3", "ARCH": "amd64", "LIST": "x,y,z", "TWO": "a b", "EMPTY": "", "P": "d/e.tar.gz"}
VALUES |= dict.fromkeys("xyzw", "")
"""What the Dockerfile has set: nothing is open that a script does not open itself."""

_POSIX, _BASH = rows(POSIX), rows(BASH)
_DEEPEST = 3
_LITERALS = ("a", "b1", "v2.0", "x-y", "lib_z", "amd64", "7")


class Generator:
    """One seed makes one script, on any machine. ``bash``: with what dash and ash do not have."""

    def __init__(self, seed: int, *, bash: bool) -> None:
        self._random = Random(f"{seed} {bash}")
        self._bash = bash
        self._number = 0
        self._names = list(VALUES)
        self._functions: list[str] = []
        self._inside = 0
        self._arguments = 0

    def script(self) -> Block:
        start = self._random.choice(["", "", "", "set -e", "set -eu", "set -ex", "set -u"])
        first = (node(start),) if start else ()
        return (*first, *self._block(self._random.randint(2, 6)))

    def _block(self, most: int = 3) -> Block:
        return tuple(self._statement() for _ in range(self._random.randint(1, most)))

    def _statement(self) -> Node:
        simple = [
            *[self._download] * 4,
            *[self._assign] * 3,
            self._text_tools,
            self._exported,
            self._loop_of_downloads,
            self._read_loop,
            self._xargs,
            self._input_file,
            self._here_document,
            self._child_shell,
            self._evaluated,
            self._arguments_of_their_own,
            self._call,
            self._wrapped,
            self._answer,
            self._list,
            *[self._construct] * 8,
            *([self._array, self._braces, self._bash_expansion, self._bash_test] if self._bash else []),
        ]
        compound = [self._if, self._case, self._for, self._subshell, self._group, self._function, self._while]
        makers: list[Callable[[], Node]] = [*simple, *(compound * 2 if self._inside < _DEEPEST else [])]
        return self._random.choice(makers)()

    def _inner(self) -> Block:
        self._inside += 1
        names, functions = list(self._names), list(self._functions)
        try:
            return self._block()
        finally:
            self._inside -= 1
            self._names, self._functions = names, functions

    def _construct(self) -> Node:
        """One of the table; what it sets may be used later on."""
        template = self._random.choice(_BASH if self._bash and self._random.random() < 0.5 else _POSIX)
        self._number += 1
        number, name = self._number, self._random.choice(("x", "y", "z", "w"))

        def put(match: re.Match[str]) -> str:
            match match[1]:
                case "u" | "m" as kind:
                    self._number += 1
                    return f"http://h/{'n' if kind == 'u' else 'm'}{self._number}/"
                case "k":
                    return str(number)
                case "n":
                    return name
                case "l":
                    return self._literal()
                case _:
                    return self._items()

        return node(re.sub("<([umknli])>", put, template))

    # --- words

    def _url(self) -> str:
        """The beginning of a URL, with a number of its own."""
        self._number += 1
        return f"http://h/n{self._number}/"

    def _literal(self) -> str:
        return self._random.choice(_LITERALS)

    def _name(self) -> str:
        return self._random.choice(self._names)

    def _new(self) -> str:
        name = self._random.choice(("x", "y", "z", "w"))
        if name not in self._names:
            self._names.append(name)
        return name

    def _known(self) -> str:
        """A name that is set: under ``set -u`` another one ends the script."""
        return self._name()

    def _expansion(self) -> str:
        name = self._known()
        return self._random.choice(
            [
                f"${{{name}}}",
                f"${{{name}:-d}}",
                f"${{{name}-d}}",
                f"${{{name}:+s}}",
                f"${{{name}#*.}}",
                f"${{{name}##*.}}",
                f"${{{name}%.*}}",
                f"${{{name}%%.*}}",
                f"${{{name}#a}}",
                f"${{{name}%/*}}",
                f"${{{name}##*/}}",
                f"${{{name}:=q}}",
                f"${{UNSET{self._number}:-{self._literal()}}}",
                f"${{UNSET{self._number}:-${name}}}",
                f"${{{name}%%[0-9]*}}",
                f"${{#{name}}}",
                f'${{{name}#"${{{self._known()}}}"}}',
            ]
        )

    def _substitution(self) -> str:
        name = self._known()
        return self._random.choice(
            [
                f"$(echo ${name})",
                f'$(echo "${name}" | tr . _)',
                f'$(echo "${name}" | cut -d. -f1)',
                f"$(echo ${name} | sed 's/a/b/')",
                f'$(printf %s "${name}")',
                f'$(basename "${name}" .gz)',
                f'$(echo "${name}" | tr a-z A-Z)',
                f"`echo {self._literal()}`",
                f'$(if [ "${name}" = a ]; then echo yes; else echo no; fi)',
                f"$(case ${name} in 1*) echo one ;; a*) echo am ;; *) echo other ;; esac)",
                f'$([ -n "${name}" ] && echo full)',
                f"$(echo \"${name}\" | awk -F. '{{print $2}}')",
                f"$(echo \"${name}\" | sed -E 's/([0-9]+)\\.([0-9]+).*/\\2/')",
                f"$(echo {self._literal()} | head -n 1)",
                f"$((1 + {self._number}))",
            ]
        )

    def _piece(self) -> str:
        kind = self._random.randint(0, 9)
        if kind < 4:
            return self._literal()
        return self._expansion() if kind < 8 else self._substitution()

    def _rest(self) -> str:
        return "".join(self._piece() for _ in range(self._random.randint(1, 2)))

    def _word(self) -> str:
        """The rest of a URL, quoted or not."""
        url = self._url()
        return self._random.choice(
            [f"{url}{self._rest()}", f'"{url}{self._rest()}"', f'{url}"{self._rest()}"']
        )

    def _value(self) -> str:
        choices = [
            self._literal(),
            f'"{self._rest()}"',
            self._rest(),
            f"'{self._literal()} {self._literal()}'",
        ]
        return self._random.choice(choices)

    # --- statements

    def _download(self) -> Node:
        word = self._word()
        return node(
            self._random.choice(
                [
                    f"curl -fsSLO {word}",
                    f"curl -fsSL -o out {word}",
                    f"wget {word}",
                    f"wget -q -O out {word}",
                    f"curl -L {word} > out",
                    f"curl -L {word} | cat",
                    f"curl -O {word} -O {self._word()}",
                    f"c=curl; $c -O {word}",
                    f"'cur'l -O {word}",
                    f"curl \\\n  -O {word}",
                    f"curl -O {word} # {self._url()}",
                    f"curl -O {word} 2>/dev/null || exit 3",
                    f"if ! curl -O {word}; then exit 1; fi",
                ]
            )
        )

    def _assign(self) -> Node:
        value = self._value()
        if self._random.random() < 0.4:
            value = self._word()
            name = self._new()
            return node(f'{name}={value}; curl -O "${name}"')
        return node(f"{self._new()}={value}")

    def _text_tools(self) -> Node:
        value = self._substitution()
        return node(f"{self._new()}={value}")

    def _exported(self) -> Node:
        value, url = self._value(), self._url()
        name = self._new()
        form = self._random.choice(
            [
                f"export {name}={value}\nsh -c 'curl -O {url}$'{name}",
                f"export {name}={value}\nsh -c 'curl -O \"{url}${name}\"'",
                f"{name}={value}\nexport {name}\nsh -c 'wget {url}${{{name}:-none}}'",
                f"{name}={value} sh -c 'wget {url}${name}'",
            ]
        )
        return node(form)

    def _items(self) -> str:
        return " ".join(
            self._random.choice([self._literal(), self._literal(), f"${self._known()}"]) for _ in "123"
        )

    def _loop_of_downloads(self) -> Node:
        items, url = self._items(), self._url()
        body = self._random.choice(
            [
                f"curl -O {url}$i",
                f'[ "$i" = a ] && continue; curl -O {url}$i',
                f'[ "$i" = amd64 ] && break; curl -O {url}$i',
                f"wget {url}${{i%.*}}",
                f"case $i in a*) continue ;; esac; wget {url}$i",
                f'if [ "$i" = b1 ]; then wget {url}$i; else wget {url}not-$i; fi',
            ]
        )
        return node(f"for i in {items}; do {body}; done")

    def _read_loop(self) -> Node:
        url, name = self._url(), self._known()
        return node(
            self._random.choice(
                [
                    f"printf '%s\\n' {self._items()} | while read -r l; do curl -O {url}$l; done",
                    f"echo \"$LIST\" | tr , '\\n' | while read l; do wget {url}$l; done",
                    f"while read -r k v; do curl -O {url}$v-$k; done <<EOF\n{self._literal()} 1\nb $V\nEOF",
                    f"while IFS== read -r k v; do wget {url}$k/$v; done <<'EOF'\na=1\nb=$2\nEOF",
                    f'while read l || [ -n "$l" ]; do wget {url}$l; done <<EOF\n${name}\nEOF',
                    f"IFS=, read -r p q <<EOF\n$LIST\nEOF\nwget {url}$p {url}$q",
                ]
            )
        )

    def _xargs(self) -> Node:
        url = self._url()
        return node(
            self._random.choice(
                [
                    f"echo {url}a {url}b | xargs curl -O",
                    f"printf '{url}%s\\n' {self._items()} | xargs -n1 curl -O",
                    f"echo {self._items()} | xargs -n 1 | xargs -I{{}} wget {url}{{}}",
                    f"printf '%s\\n' {self._items()} | xargs -I % wget {url}%",
                    f"echo {self._literal()} | sed 's|^|{url}|' | xargs wget",
                    f"echo {url}a,{url}b | tr , '\\n' | xargs -n1 wget -q",
                    f"echo a b c | xargs -n2 sh -c 'wget {url}$0-$1'",
                ]
            )
        )

    def _input_file(self) -> Node:
        return node(f"wget -i - <<EOF\n{self._url()}{self._rest()}\n{self._url()}b\nEOF")

    def _here_document(self) -> Node:
        url = self._url()
        return node(
            self._random.choice(
                [
                    f"cat <<EOF | xargs -n1 curl -O\n{url}{self._rest()}\nEOF",
                    f"cat <<'EOF' | xargs -n1 curl -O\n{url}$x\nEOF",
                    f"{self._new()}=$(cat <<EOF\n{self._rest()}\nEOF\n)",
                    f"sh <<EOF\ncurl -O {url}{self._literal()}\nEOF",
                    f"sh -s <<'EOF'\nq={self._literal()}; curl -O {url}$q\nEOF",
                    f"cat <<-EOF | xargs curl -O\n\t\t{url}{self._literal()}\n\tEOF",
                    f"cat > file <<EOF\ncurl {url}{self._literal()}\nEOF",
                    f"cat <<EOF > /dev/null && curl -O {url}a\ntext $V\nEOF",
                ]
            )
        )

    def _child_shell(self) -> Node:
        url = self._url()
        return node(
            self._random.choice(
                [
                    f"sh -c 'curl -O {url}$1' - {self._value()}",
                    f'sh -c "curl -O {url}{self._rest()}"',
                    f"sh -ec 'x={self._literal()}; curl -O {url}$x; exit 0; curl -O {url}never'",
                    f"sh -c 'for i in \"$@\"; do wget {url}$i; done' - {self._items()}",
                    f"echo 'wget {url}{self._literal()}' | sh",
                    f"sh -c 'exit 1' || curl -O {url}a",
                    f"sh -c 'exit 0' && curl -O {url}a",
                ]
            )
        )

    def _evaluated(self) -> Node:
        url, name = self._url(), self._known()
        return node(
            self._random.choice(
                [
                    f'eval "curl -O {url}${name}"',
                    f"eval 'curl -O {url}$'{name}",
                    f"eval x{self._number}={self._literal()}; curl -O {url}$x{self._number}",
                    f'eval "curl -O \\"{url}\\${name}\\""',
                ]
            )
        )

    def _arguments_of_their_own(self) -> Node:
        url = self._url()
        return node(
            self._random.choice(
                [
                    f"set -- {self._items()}; curl -O {url}$1 {url}$#",
                    f'set -- {self._items()}; for i; do curl -O "{url}$i"; done',
                    f'set -- {self._items()}; for i in "$@"; do curl -O "{url}$i"; done',
                    f"set -- {self._items()}; while [ $# -gt 0 ]; do wget {url}$1; shift; done",
                    f'set -- {self._items()}; shift; wget "{url}$*"',
                    f"(IFS=.; set -- $V; wget {url}$1-$2)",
                    f"(IFS=,; for i in $LIST; do wget {url}$i; done)",
                ]
            )
        )

    def _call(self) -> Node:
        if not self._functions:
            return self._download()
        return node(f"{self._random.choice(self._functions)} {self._value()} {self._literal()}")

    def _wrapped(self) -> Node:
        word = self._word()
        return node(
            self._random.choice(
                [
                    f"env A=1 curl -O {word}",
                    f"command curl -O {word}",
                    f"timeout 9 curl -O {word}",
                    f"nice curl -O {word}",
                    f"A=1 B=2 wget {word}",
                    f'env -i PATH="$PATH" wget {word}',
                ]
            )
        )

    def _answer(self) -> Node:
        """What is made of a server's answer is reported."""
        first, second = self._word(), self._url()
        name = self._random.choice(("r", "s"))
        return node(f"{name}=$(curl -s {first}); curl -O {second}${name}")

    def _condition(self) -> str:
        name = self._known()
        return self._random.choice(
            [
                "true",
                "false",
                f'[ "${name}" = {self._literal()} ]',
                f'[ "${name}" != {self._literal()} ]',
                f'[ -n "${name}" ]',
                f'[ -z "${name}" ]',
                f'test "${name}"',
                f'! [ "${name}" = a ]',
                f'[ "${name}" = a ] || [ "${name}" = b1 ]',
                f'[ -n "${name}" ] && [ "$ARCH" = amd64 ]',
                f'[ "${name}" = a -o "$ARCH" = amd64 ]',
                f'[ -n "${name}" -a "$V" = 1.2.3 ]',
                "[ 3 -gt 2 ]",
                f"[ ${{#{name}}} -ge 3 ]",
                f'echo "${name}" | grep -q a',
                f'case "${name}" in a*) true ;; *) false ;; esac',
            ]
        )

    def _list(self) -> Node:
        form = self._random.choice(
            ["{c} && {a}", "{c} || {a}", "{c} && {a} || {b}", "! {c} && {a}", "{c}; {a}"]
        )
        one, other = f"wget {self._word()}", f"wget {self._word()}"
        condition = self._condition()
        if condition.startswith("!"):
            # ! ! is another thing in each shell.
            form = form.removeprefix("! ")
        if "||" in condition or "&&" in condition:
            condition = f"{{ {condition}; }}"
        return node(form.format(c=condition, a=one, b=other))

    def _if(self) -> Node:
        branches: list[str | Block] = [f"if {self._condition()}; then\n", self._inner(), "\n"]
        if self._random.random() < 0.3:
            branches += [f"elif {self._condition()}; then\n", self._inner(), "\n"]
        if self._random.random() < 0.6:
            branches += ["else\n", self._inner(), "\n"]
        return node(*branches, "fi")

    def _case(self) -> Node:
        subject = self._random.choice([f"${self._known()}", f'"${self._known()}"', "$(echo $ARCH)"])
        patterns = self._random.sample(
            ["a*", "1.*", "amd64|x86_64", "'a b'", "[0-9]*", '""', "b1", "*.gz"], 2
        )
        return node(
            f"case {subject} in\n{patterns[0]})\n",
            self._inner(),
            f"\n;;\n{patterns[1]})\n",
            self._inner(),
            "\n;;\n*)\n",
            self._inner(),
            "\n;;\nesac",
        )

    def _for(self) -> Node:
        name = self._new()
        items = self._items()
        end = self._random.choice(["done", "done", "done | cat", "done > out"])
        return node(f"for {name} in {items}; do\n", self._inner(), f"\n{end}")

    def _while(self) -> Node:
        """Once, twice, or not at all."""
        self._number += 1
        name = f"n{self._number}"
        words = self._random.choice(["while", "until"])
        wanted = "!=" if words == "while" else "="
        return node(
            f'{name}=\n{words} [ "${name}" {wanted} 11 ]; do\n{name}=${{{name}}}1\n', self._inner(), "\ndone"
        )

    def _subshell(self) -> Node:
        end = self._random.choice(["\n)", "\n)", "\nexit 0\n)", "\n) > out", "\n) || exit 1"])
        return node("(\n", self._inner(), end)

    def _group(self) -> Node:
        return node("{\n", self._inner(), self._random.choice(["\n}", "\n} > out", "\n} | cat", "\n} 2>&1"]))

    def _function(self) -> Node:
        self._number += 1
        name = f"f{self._number}"
        url = self._url()
        last = self._random.choice(["", "", "\nreturn 0", f'\n[ "$1" = a ] && return 0\nwget {url}late'])
        local = self._random.choice(["", "local t=$1\n"])
        found = node(f'{name}() {{\n{local}curl -O "{url}${{1:-none}}"\n', self._inner(), f"{last}\n}}")
        self._functions.append(name)
        return found

    # --- bash alone

    def _array(self) -> Node:
        url = self._url()
        return node(
            self._random.choice(
                [
                    f'l=({self._items()}); for i in "${{l[@]}}"; do curl -O "{url}$i"; done',
                    f"l=({self._items()}); curl -O {url}${{l[0]}} {url}${{#l[@]}}",
                    f"l=(a b); l+=({self._literal()}); for i in ${{l[@]}}; do wget {url}$i; done",
                    f"declare -A m=([a]=1 [b]=2); for k in a b; do wget {url}${{m[$k]}}; done",
                    f'IFS=, read -ra l <<< "$LIST"; wget "${{l[@]/#/{url}}}"',
                    f"mapfile -t l < <(printf '%s\\n' {self._items()}); wget \"{url}${{l[0]}}\"",
                ]
            )
        )

    def _braces(self) -> Node:
        url = self._url()
        braces = self._random.choice(["{a,b}", "{1..3}", "{a,b}{1..2}", "{01..03}", "x{,.sig}", "{c..a}"])
        return node(self._random.choice([f"wget {url}{braces}", f"for i in {braces}; do wget {url}$i; done"]))

    def _bash_expansion(self) -> Node:
        name = self._known()
        form = self._random.choice(
            [
                f"${{{name}//./_}}",
                f"${{{name}/a/b}}",
                f"${{{name}^^}}",
                f"${{{name}:0:2}}",
                f"${{{name}: -2}}",
                f"${{{name}/%gz/zip}}",
                f"${{{name},,}}",
            ]
        )
        return node(f'wget "{self._url()}{form}"')

    def _bash_test(self) -> Node:
        name = self._known()
        test = self._random.choice(
            [
                f"[[ ${name} == a* ]]",
                f"[[ ${name} =~ ^[0-9]+ ]]",
                f'[[ -z "${name}" || ${name} != *.gz ]]',
                f"[[ -n ${name} && $ARCH = amd64 ]]",
            ]
        )
        return node(f"if {test}; then wget {self._word()}; else wget {self._word()}; fi")
