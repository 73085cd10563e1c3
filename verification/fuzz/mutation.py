"""Input that is nearly what a reader expects: changed as JSON, as lines or parts, or as bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verification.fuzz.trees import Members, Token, Tree, read_tree, write_tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

ODD = (
    *("null", "true", "false", "0", "-0", "-1", "1.0", "1.50", "2e0", "1e5", "1E400", "-1e400"),
    *(
        "1e-400",
        "1e99999999999999999999",
        "1e99999999",
        "1e-99999999",
        "-1e-99999999999999999999",
        "9" * 30,
        "9" * 4301,
    ),
    *("18446744073709551616", "9223372036854775808", "-9223372036854775809", "1767225600000"),
    *("20260230120000", "20260228120060", "99991231235959", "10101000000", "4002", "401", "2"),
    *("NaN", "Infinity", "-Infinity", "01", "1.", "'x'", "{", "[", "]", ""),
    *('""', '" "', '"0"', '"null"', '"n/a"', '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\n"'),
    *('"\ufeff"', '"é€𝄞"', f'"{"x" * 1025}"', f'"{"9" * 400}"', '"Charged"', '"App Launched"'),
    *('"2026-01-01T00:00:60Z"', '"2026-01-01"', '"0001-01-01T00:00:00+14:00"', '"20260101"'),
    *('"9999-12-31T23:59:59-14:00"', '"9999-12-31"', '"0001-01-01"', '"$D_1"', '"1e5"', '"a$b"'),
    f'"Skipped record number : {"9" * 4301}"',
    *("{}", "[]", "[[]]", "[null]", "[{}]", '{"":{}}', '{"$add":["x"]}', '{"$incr":1e999}'),
    *("[" * 400 + "]" * 400, "[" * 1200 + "]" * 1200, '{"a":' * 300 + "1" + "}" * 300),
)
BYTES = (
    *(
        b"\0",
        b"\n",
        b"\r\n",
        b"\r",
        b"\xff",
        b"\xfe\xff",
        b"\xef\xbb\xbf",
        b"\xc0\x80",
        b"\xed\xa0",
    ),
    *(b"\xe2\x80\xa8", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\\ud83d", b"\x1f\x8b"),
)
HEADS = (
    *(b"100", b"202", b"204", b"206", b"302", b"400", b"401", b"403", b"404", b"413", b"500"),
    *(
        b"429 \xb2",
        b"429 " + b"9" * 400,
        b"429 nan",
        b"503 -1",
        b"429 1e5",
        b"503 0x1",
        b"429 \xa0",
    ),
    *(b"503 Mon, 01 Jan 0001 00:00:00 -0000", b"503 1 Jan 99999999999 00:00:00 +0000"),
    *(b"429 Fri, 31 Dec 9999 23:59:59 -2359", b"503 0 0 0 0:0:0 +9999999999"),
)
"""Statuses, and what may stand in Retry-After."""
MOST_STEPS = 4


class Mutation:
    """Changes content step by step; an equal source of chance makes equal changes."""

    def __init__(self, chance: Random, words: list[Tree]) -> None:
        """Change nothing yet.

        Args:
            chance: Decides.
            words: Values and names that the readers know, to be put where others belong.
        """
        self._chance = chance
        self._words = words

    def of_lines(self, content: bytes) -> bytes:
        """Change lines of JSON."""
        return b"\n".join(self._parts(content.split(b"\n"), self.of_document))

    def of_parts(self, content: bytes, between: bytes) -> bytes:
        """Change parts of which each is a line and a JSON document."""
        return between.join(self._parts(content.split(between), self._of_part))

    def _of_part(self, part: bytes) -> bytes:
        head, end, body = part.partition(b"\n")
        if self._chance.random() < 0.2:  # noqa: PLR2004 - shares of the kinds of change
            return self._chance.choice([*HEADS, self.of_bytes(head)]) + end + body
        return head + end + self.of_document(body)

    def _parts(self, parts: list[bytes], change: Callable[[bytes], bytes]) -> list[bytes]:
        for _ in range(self._chance.randint(1, MOST_STEPS)):
            place = self._chance.randrange(len(parts))
            kind = self._chance.random()
            if kind < 0.8:  # noqa: PLR2004 - shares of the kinds of change
                parts[place] = change(parts[place])
            elif kind < 0.9:  # noqa: PLR2004 - same
                parts.insert(self._chance.randrange(len(parts) + 1), parts[place])
            elif len(parts) > 1:
                del parts[place]
        return parts

    def of_document(self, content: bytes) -> bytes:
        """Change a JSON document; one that is none is changed as bytes."""
        try:
            root: list[Any] = [read_tree(content)]
        except ValueError:
            return self.of_bytes(content)
        if self._chance.random() < 0.1:  # noqa: PLR2004 - shares of the kinds of change
            return self.of_bytes(content)
        for _ in range(self._chance.randint(1, MOST_STEPS)):
            self._change(root)
        try:
            return write_tree(root[0], ascii_only=self._chance.random() < 0.7)  # noqa: PLR2004
        except ValueError:
            return self.of_bytes(content)

    def of_bytes(self, content: bytes) -> bytes:
        """Change bytes: cut off, take out, put in, double, turn around."""
        start = self._chance.randint(0, len(content))
        end = min(len(content), start + self._chance.choice([0, 1, 1, 2, 8, 64]))
        middle = self._chance.choice(
            [
                b"",
                self._chance.choice(BYTES),
                content[start:end] * 2,
                content[start:end][::-1],
                bytes(byte ^ 1 << self._chance.randrange(8) for byte in content[start:end]),
            ]
        )
        rest = b"" if self._chance.random() < 0.05 else content[end:]  # noqa: PLR2004 - a share
        return content[:start] + middle + rest

    def _change(self, root: list[Any]) -> None:
        places = [*_places(root)]
        holder, index = self._chance.choice(places)
        changes = [self._replace, self._replace, self._wrap, self._swap, self._retype]
        if isinstance(holder[index], list):
            changes += [self._drop, self._double, self._rename, self._add]
        self._chance.choice(changes)(holder, index, places)

    def _replace(self, holder: list[Any], index: int, _: object) -> None:
        odd = self._chance.random() < 0.6 or not self._words  # noqa: PLR2004 - a share
        holder[index] = Token(self._chance.choice(ODD)) if odd else self._chance.choice(self._words)

    def _wrap(self, holder: list[Any], index: int, _: object) -> None:
        inner = holder[index]
        holder[index] = self._chance.choice([[inner], Members([[self._name(), inner]])])

    def _swap(self, holder: list[Any], index: int, places: list[tuple[list[Any], int]]) -> None:
        other, place = self._chance.choice(places)
        try:  # a copy: to put a part into itself would make it endless
            holder[index] = read_tree(write_tree(other[place]))
        except ValueError:
            holder[index] = None

    def _retype(self, holder: list[Any], index: int, _: object) -> None:
        value = holder[index]
        if isinstance(value, Token):
            holder[index] = str(value)
        elif isinstance(value, str):
            holder[index] = Token(value if value.isdigit() else "7")
        elif isinstance(value, Members):
            holder[index] = [inner for _, inner in value]
        elif isinstance(value, list):
            holder[index] = Members([str(place), inner] for place, inner in enumerate(value))

    def _drop(self, holder: list[Any], index: int, _: object) -> None:
        if holder[index]:
            del holder[index][self._chance.randrange(len(holder[index]))]

    def _double(self, holder: list[Any], index: int, _: object) -> None:
        part = holder[index]
        if part:
            copied = part[self._chance.randrange(len(part))]
            copied = [*copied] if isinstance(part, Members) else copied
            part[self._chance.randrange(len(part) + 1) : 0] = [copied] * self._chance.choice(
                [1, 1, 30]
            )

    def _rename(self, holder: list[Any], index: int, _: object) -> None:
        if isinstance(holder[index], Members) and holder[index]:
            self._chance.choice(holder[index])[0] = self._name()

    def _add(self, holder: list[Any], index: int, _: object) -> None:
        added = Token(self._chance.choice(ODD))
        holder[index].append([self._name(), added] if isinstance(holder[index], Members) else added)

    def _name(self) -> Tree:
        names = [word for word in self._words if isinstance(word, str)]
        return self._chance.choice([*names, "x", "", "a.b", "_sdc_x", "\ud800", "$set", "x" * 200])


def words_of(contents: list[bytes]) -> list[Tree]:
    """Return the names and the leaves of the JSON that contents hold."""
    found: dict[str, Tree] = {}
    for content in contents:
        for line in content.split(b"\n"):
            try:
                root = [read_tree(line)]
            except ValueError:
                continue
            for holder, index in _places(root):
                part = holder[index]
                leaves = [name for name, _ in part] if isinstance(part, Members) else [part]
                found.update((repr(leaf), leaf) for leaf in leaves if not isinstance(leaf, list))
    return list(found.values())


def _places(holder: list[Any]) -> list[tuple[list[Any], int]]:
    """Return the place of each value, as a list and the index in it."""
    found: list[tuple[list[Any], int]] = []
    holders = [holder]
    while holders:
        part = holders.pop()
        members = isinstance(part, Members)
        pairs = [(pair, 1) for pair in part] if members else [(part, i) for i in range(len(part))]
        found += pairs
        holders += [inner for each, i in pairs if isinstance(inner := each[i], list)]
    return found
