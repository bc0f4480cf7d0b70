"""Prints src/unicode/additions.inc: where the Unicode tables of PCRE2 and utf8proc are older (or newer)
than the ones that the `tokenizers` package was built with.

usage: unicode_additions.py > ../src/unicode/additions.inc     (tokenizers 0.23.3, PCRE2 10.42, utf8proc 2.8)

Both sides are asked about every code point: the package through pre-tokenizers and normalizers, the
libraries through ctypes.
"""
import ctypes
import struct

from tokenizers import Regex, normalizers, pre_tokenizers

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cf".split()

pcre = ctypes.CDLL("libpcre2-8.so.0")
pcre.pcre2_compile_8.restype = ctypes.c_void_p
pcre.pcre2_compile_8.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint32] + [ctypes.c_void_p] * 3
pcre.pcre2_match_data_create_8.restype = ctypes.c_void_p
pcre.pcre2_match_8.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_size_t,
                               ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p]
match_data = pcre.pcre2_match_data_create_8(1, None)
utf8proc = ctypes.CDLL("libutf8proc.so.2")
libc_free = ctypes.CDLL("libc.so.6").free
libc_free.argtypes = [ctypes.c_void_p]


def pcre_set(pattern):
    error, offset = ctypes.c_int(), ctypes.c_size_t()
    utf_and_ucp = 0x80000 | 0x20000
    code = pcre.pcre2_compile_8(pattern.encode(), len(pattern.encode()), utf_and_ucp, ctypes.byref(error),
                                ctypes.byref(offset), None)
    assert code, (pattern, error.value)
    found = set()
    for c in CODE_POINTS:
        subject = chr(c).encode()
        if pcre.pcre2_match_8(code, subject, len(subject), 0, 0, match_data, None) >= 0:
            found.add(c)
    return found


def package_set(pattern):
    step = pre_tokenizers.Split(Regex(pattern), "removed")
    found = set()
    for i in range(0, len(CODE_POINTS), 2048):
        chunk = CODE_POINTS[i:i + 2048]
        left = set()
        for piece, _ in step.pre_tokenize_str("".join(map(chr, chunk))):
            left.update(map(ord, piece))
        found.update(set(chunk) - left)
    return found


def utf8proc_normalize(form, text):
    function = getattr(utf8proc, "utf8proc_" + form)
    function.restype, function.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
    pointer = function(text.encode())
    result = ctypes.string_at(pointer).decode()
    libc_free(pointer)
    return result


def ranges(code_points):
    out = []
    for c in sorted(code_points):
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def print_table(declaration, rows, per_line):
    print(declaration)
    for i in range(0, len(rows), per_line):
        print("    " + " ".join(rows[i:i + per_line]))
    print("};\n")


print("// Made by scripts/unicode_additions.py; see additions.hpp for the meaning of each table.\n")
rows = []
for category in CATEGORIES:
    package, library = package_set(r"\p{%s}" % category), pcre_set(r"\p{%s}" % category)
    assert category == "Mn" or not library - package, category
    rows += [(first, last, category) for first, last in ranges(package - library)]
print_table("constexpr CategoryRange kCategoryAdditions[] = {",
            [f"{{0x{a:04X}, 0x{b:04X}, '{c[0]}', '{c[1]}'}}," for a, b, c in sorted(rows)], 3)

inert = {0x11930}  # second half of U+11938, which the package does not compose
for form in ("NFD", "NFKD"):
    step = getattr(normalizers, form)()
    for c in CODE_POINTS[1:]:
        texts = (chr(c), "a" + chr(c) + "\u0323", "a\u0301" + chr(c), "a\u0300" + chr(c) + "\u0334\u0323")
        if any(step.normalize_str(t) != utf8proc_normalize(form, t) for t in texts):
            inert.add(c)
print_table("constexpr CodePointRange kNormalizationInert[] = {",
            [f"{{0x{a:04X}, 0x{b:04X}}}," for a, b in ranges(inert)], 5)

utf8proc.utf8proc_tolower.argtypes = [ctypes.c_int32]
step = normalizers.Lowercase()
rows = []
for c in CODE_POINTS:
    lower = step.normalize_str(chr(c))
    if len(lower) == 1 and ord(lower) != utf8proc.utf8proc_tolower(c):
        shift = ord(lower) - c
        if rows and rows[-1][1] == c - 1 and rows[-1][2] == shift:
            rows[-1][1] = c
        else:
            rows.append([c, c, shift])
    assert len(lower) == 1 or c == 0x130, hex(c)
print_table("constexpr CaseShift kLowercaseAdditions[] = {",
            [f"{{0x{a:04X}, 0x{b:04X}, {s}}}," for a, b, s in rows], 4)

# Whether a character belongs to the letter before it: a map that knows only "A", which becomes "x", replaces all of
# the grapheme cluster that starts with it.
units = [0] * 512
units[0] = 256 << 10
units[256 ^ 0x41] = 0x41 | 1 << 8 | 2 << 10
units[256 ^ 0x41 ^ 2] = 1 << 31
step = normalizers.Precompiled(struct.pack("<I512I", 4 * len(units), *units) + b"x\0")
utf8proc.utf8proc_grapheme_break.restype = ctypes.c_bool
package = {c for c in CODE_POINTS[1:] if step.normalize_str("A" + chr(c)) == "x"}
library = {c for c in CODE_POINTS[1:] if not utf8proc.utf8proc_grapheme_break(0x41, c)}
assert not library - package
print_table("constexpr CodePointRange kGraphemeExtensions[] = {",
            [f"{{0x{a:04X}, 0x{b:04X}}}," for a, b in ranges(package - library)], 5)
