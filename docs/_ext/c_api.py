# SPDX-License-Identifier: MIT
"""Reads the public headers: what stands behind a comment of the form ``/** ... */`` or in the lines
that follow it, as reStructuredText for Sphinx's C domain.

It knows the subset of C that the headers of this project use: prototypes, inline functions,
structs, enums, typedefs and macros, one declaration at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Member:
    """A struct's member or an enum's constant."""

    declaration: str
    doc: str


@dataclass(frozen=True)
class Entry:
    """Something that a header declares."""

    kind: str
    """function, type, struct, enum, macro, heading or text"""
    declaration: str
    doc: str = ""
    members: list[Member] = field(default_factory=list)


TOKEN = re.compile(
    r"""
    (?P<doc>/\*\*(?!<).*?\*/)
    | (?P<trailing>/\*\*<.*?\*/)
    | (?P<comment>/\*.*?\*/)
    | (?P<directive>^\#(?:[^\n\\]|\\.|\\\n)*)
    | (?P<space>[ \t]*\n|[ \t]+)
    | (?P<code>[^\n])
    """,
    re.X | re.S | re.M,
)
# A prototype, or the head of an inline function.
FUNCTION = re.compile(r"^(?:static inline )?[\w ]+?[ *]+zwg_\w+\(.*\)$", re.S)


def text_of(comment: str) -> str:
    """The lines of a comment without its marks; the indentation behind the marks stays."""
    body = re.sub(r"^/\*\*?<?|\*/$", "", comment.strip())
    lines = [re.sub(r"^\s*\* ?", "", line) for line in body.split("\n")]
    lines[0] = lines[0].strip()
    width = min(
        (len(x) - len(x.lstrip()) for x in lines[1:] if x.strip()),
        default=0,
    )
    return "\n".join([lines[0], *(line[width:].rstrip() for line in lines[1:])]).strip("\n ")


def squeeze(code: str) -> str:
    """One line with single blanks; pointers as the kernel's style has them."""
    return re.sub(r"\s+", " ", code).strip().replace("* ", "*").replace("( ", "(")


def _statement(source: str, at: int) -> int:
    """Behind the declaration that begins at `at`: its semicolon, or the end of a body."""
    depth = 0
    while at < len(source):
        if source.startswith("/*", at):
            at = source.index("*/", at) + 2
            continue
        char = source[at]
        depth += {"{": 1, "}": -1}.get(char, 0)
        at += 1
        if depth == 0 and (char == ";" or (char == "}" and source[at : at + 1] == "\n")):
            return at
    return at


def _members(body: str, separator: str) -> list[Member]:
    """Members with the comment before them or behind them on the line."""
    members: list[Member] = []
    pending, code = "", ""
    for match in TOKEN.finditer(body):
        kind, text = str(match.lastgroup), match.group()
        if kind == "doc":
            pending = text_of(text)
        elif kind == "trailing" and members and not code.strip():
            last = members.pop()
            members.append(Member(last.declaration, text_of(text)))
        elif kind == "trailing":
            # Behind an enum's last constant, which has no comma.
            members.append(Member(squeeze(code), text_of(text)))
            code = ""
        elif kind in ("code", "space"):
            code += text
            if text == separator and code.count("(") == code.count(")"):
                members.append(Member(squeeze(code[:-1]), pending))
                pending, code = "", ""
    if code.strip():
        members.append(Member(squeeze(code), pending))
    return members


def _declaration(code: str, doc: str) -> Entry | None:
    """What a declaration is; None for one that only names something."""
    head = squeeze(re.sub(r"/\*.*?\*/", "", code.split("{", 1)[0], flags=re.S)).rstrip(";")
    record = re.match(r"(struct|enum) (\w+)$", head)
    if record and "{" in code:
        body = code.split("{", 1)[1].rsplit("}", 1)[0]
        separator = ";" if record.group(1) == "struct" else ","
        return Entry(record.group(1), record.group(2), doc, _members(body, separator))
    if head.startswith("typedef ") and "{" not in code:
        return Entry("type", head.removeprefix("typedef "), doc)
    if FUNCTION.match(head):
        return Entry("function", head.removeprefix("static inline "), doc)
    return None


def _macro(directive: str, doc: str) -> Entry | None:
    """A macro with a name of ours that is not a guard or an X macro."""
    found = re.match(r"#\s*define ((?:NET_EVENT_)?ZWG_\w+)(\([^)]*\))?[ \t]*(.*)", directive, re.S)
    if not found or found.group(1).endswith("_H") or found.group(2) == "(X)":
        return None
    value = " ".join(found.group(3).replace("\\\n", " ").split())
    return Entry("macro", found.group(1) + (found.group(2) or ""), doc, [Member(value, "")])


def entries(source: str) -> Iterator[Entry]:
    """Everything that a header declares, in its order."""
    at, pending, first = 0, "", True
    last: Entry | None = None
    while match := TOKEN.match(source, at):
        kind, text = str(match.lastgroup), match.group()
        at = match.end()
        if kind == "doc":
            pending = text_of(text)
        elif kind == "comment" and "SPDX" not in text:
            title = text_of(text)
            yield Entry("text" if first else "heading", title)
            first = False
        elif kind == "directive":
            trailing = re.search(r"/\*\*<(.*?)\*/", text, re.S)
            doc = text_of(trailing.group()) if trailing else pending
            last = _macro(re.sub(r"/\*.*?\*/", "", text, flags=re.S), doc)
            if last:
                yield last
            if re.match(r"#\s*define", text):
                pending = ""
        elif kind == "code":
            begin = match.start()
            at = _statement(source, begin)
            # Declarations that follow without an empty line share a comment.
            together = last is not None and source[:begin].endswith("\n") and not pending
            entry = _declaration(source[begin:at], pending)
            if entry and (pending or together or entry.kind != "type"):
                last = entry
                yield entry
            pending = ""


# From the comments' words to reStructuredText


def _inline(text: str) -> str:
    """Marks of the comments become those of reStructuredText, and nothing else is taken for one."""
    pieces = re.split(r"(`[^`]+`|@a \*?\w+|\bzwg_\w+\(\))", text)
    out = []
    for piece in pieces:
        if piece.startswith("`"):
            out.append(f"`{piece}`")
        elif piece.startswith("@a "):
            # The empty text behind it lets a bracket follow.
            out.append("*" + piece[3:].lstrip("*") + "*\\ ")
        elif re.fullmatch(r"zwg_\w+\(\)", piece):
            out.append(f":c:func:`{piece[:-2]}`")
        else:
            piece = re.sub(r"([\\*|])", r"\\\1", piece)
            out.append(re.sub(r"_(?=\W|$)", r"\\_", piece))
    return "".join(out)


def rst(doc: str) -> list[str]:
    """A comment as reStructuredText: paragraphs, code, @param and @return."""
    lines: list[str] = []
    for block in re.split(r"\n[ \t]*\n", doc):
        if all(line.startswith("    ") for line in block.split("\n")):
            lines += ["::", "", *block.split("\n"), ""]
            continue
        block = re.sub(r"\n\s*", " ", block)
        for part in re.split(r"(?=@param |@return )", block):
            field_ = re.match(r"@(param|return)\s+(\w+)?\s*(.*)", part, re.S)
            if field_ and field_.group(1) == "param":
                lines.append(f":param {field_.group(2)}: {_inline(field_.group(3))}")
            elif field_:
                lines.append(f":returns: {_inline(part.removeprefix('@return '))}")
            elif part.strip():
                lines.append(_inline(part.strip()))
        lines.append("")
    return lines


def _indent(lines: list[str]) -> list[str]:
    return [f"   {line}" if line else "" for line in lines]


def _member_rst(kind: str, member: Member) -> list[str]:
    directive = "member" if kind == "struct" else "enumerator"
    return [f".. c:{directive}:: {member.declaration}", "", *_indent(rst(member.doc))]


def drop_reasons(source: str) -> list[tuple[str, str]]:
    """Name and meaning of every drop counter, from the list ZWG_DROP_REASONS of counters.h."""
    return re.findall(r'X\(\w+, "(\w+)", "([^"]+)"\)', source)


def _expand(source: str) -> str:
    """The list of drop reasons written out where it makes an enum."""
    constants = "".join(
        f"ZWG_DROP_{name.upper()}, /**< {text} */\n" for name, text in drop_reasons(source)
    )
    return source.replace("\tZWG_DROP_REASONS(ZWG_DROP_ENUM)\n", constants)


def document(source: str) -> list[str]:
    """A header as reStructuredText."""
    lines: list[str] = []
    for entry in entries(_expand(source)):
        if entry.kind == "text":
            lines += rst(entry.declaration)
        elif entry.kind == "heading":
            if "\n" in entry.declaration or entry.declaration.endswith("."):
                lines += rst(entry.declaration)
            else:
                lines += [f".. rubric:: {entry.declaration}", ""]
        elif entry.kind == "macro":
            value = entry.members[0].declaration
            told = [f"``{value}``", ""] if value and "(" not in entry.declaration else []
            lines += [f".. c:macro:: {entry.declaration}", "", *_indent([*told, *rst(entry.doc)])]
        else:
            lines += [f".. c:{entry.kind}:: {entry.declaration}", "", *_indent(rst(entry.doc))]
            for member in entry.members:
                lines += _indent(_member_rst(entry.kind, member))
        lines.append("")
    return lines
