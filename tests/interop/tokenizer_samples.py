"""Text for comparing tokenizers: awkward strings by hand and random ones from a seed."""
import random

AWKWARD = [
    "", " ", "  ", "   ", "\t", "\n", "\r\n", "\r", "\n\n\n", " \n ", "\u00a0", "\u3000", "\u2028\u2029", "\ufeff",
    "\x00", "a\x00b", "\x7f", "".join(map(chr, range(128))), "".join(map(chr, range(127, -1, -1))),
    "Hello, world!", " Hello", "Hello ", "  Hello   world  ", "\tindented\n\tlines\r\n\r\nend", "trailing newline\n",
    "don't I'll you're WE'VE it'S 'S 'tis they'd o'clock", "it\u2019s", "I'M '\u017f '\u212a",
    "0", "12", "123", "1234", "1234567890123456789012", "3.14159", "1,000,000.00", "1e-5", "\u0966\u0967\u0968\u0969\u096a",
    "\u0661\u0662\u0663", "\u00bd\u00b2\u2460\u2167", "x86_64 C++20 a1b2c3",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e", "\u0915\u094d\u0937\u0924\u094d\u0930\u093f\u092f", "\u093e\u0940 \u094d\u0915", "\u0915\u093c \u0958",
    "e\u0301 \u00e9 \u0301", "\u0301", "a\u0323\u0307 a\u0307\u0323 \u1e69", "\u0130stanbul \u0131I\u0130i", "stra\u00dfe STRASSE \ufb01 \ufb06",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f1ee\U0001f1f3", "\U0001f44d\U0001f3fd!", "\u2764\ufe0f", "\u200d", "\u200b\u200c\u200d\u2060",
    "\uff28\uff45\uff4c\uff4c\uff4f\u3000\uff11\uff12\uff13", "\uff76\uff9e\uff77\uff9e", "\u65e5\u672c\u8a9e\u306e\u6587\u7ae0\u3002", "\u4f60\u597d\uff0c\u4e16\u754c", "\ud55c\uad6d\uc5b4 \u1112\u1161\u11ab", "\u0e44\u0e17\u0e22\u0e20\u0e32\u0e29\u0e32",
    "\u05e9\u05c1\u05dc\u05d5\u05dd \u0645\u064e\u0631\u0652\u062d\u064e\u0628\u064b\u0627", "\u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac \u03a3\u03a3\u03c2", "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440", "mixed\u0939\u093f\u0928\u094d\u0926\u0940\u4e2d\u6587English123",
    "<|begin_of_text|>", "a<|begin_of_text|>b", " <|end_of_text|> ", "<|begin_of_text|><|end_of_text|>", "<|begin_of_text", "<|<|begin_of_text|>|>",
    "<s>", "</s>", "a <mask> b", "a<mask>b", "  <mask>  <mask>  ", "x <sep> y", "foo<word>bar", "foo <word> bar", "<Norm>", "<norm> <NORM>", "<word><word>", "\u093e<word> <word>\u200d",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "ab" * 200, " " * 100, "\n" * 60 + "x", "-" * 77, "=" * 40 + ">" * 40, "\u0915" * 90,
    "!@#$%^&*()_+-=[]{}|;':\",./<>?`~", "(a) [b] {c} \u00ab\u00bb \u201cq\u201d \u2018q\u2019", "$\u20ac\u00a3\u20b9 5\u20b9", "a\u0964 b\u0965", "...\u2026 --\u2014 ::", "snake_case camelCase kebab-case",
    "http://example.org/a?b=c&d=%20#e", "if (x == 1) {\n    return y;\n}\n", "\u2581a \u2581 b", "a \u00a0 b \u2003c", "\u180e\u200a\u0085",
    "\u1c89\u10d50 \U00010d50\U00010d70 \U00031350 \U00011f50 \U0001e4f0 \U0001fae8 \u0cf3\u0ece", "\U00010ffff", "\ufffd\ufffe\uffff", "\ue000\U000f0000",
    "\u11931\u11930 \U00011935\U00011930 \U00011938", "\u3300\u33ff\u2126\u212b\ufdfa", "\u0344\u0f73\u0f75", "\u1100\u1161\u11a8\u11a8", "\u09c7\u09be \u0bc6\u0bbe",
]

# Ranges that random strings draw from, with weights.
POOLS = [
    (20, [(0x20, 0x7E)]),
    (6, [(0x20, 0x20), (0x09, 0x0D)]),
    (4, [(0x00, 0x1F), (0x7F, 0xA0)]),
    (8, [(0xA0, 0x24F)]),
    (10, [(0x900, 0x97F)]),
    (5, [(0x300, 0x36F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF)]),
    (4, [(0x370, 0x5FF)]),
    (4, [(0x600, 0x8FF)]),
    (4, [(0x980, 0xFFF)]),
    (4, [(0x1000, 0x1FFF)]),
    (5, [(0x2000, 0x2BFF)]),
    (5, [(0x2E80, 0x33FF)]),
    (4, [(0x4E00, 0x9FFF)]),
    (3, [(0xAC00, 0xD7A3), (0x1100, 0x11FF)]),
    (3, [(0xA000, 0xABFF)]),
    (4, [(0xF900, 0xFFFF)]),
    (5, [(0x1F000, 0x1FBFF)]),
    (5, [(0x10000, 0x16FFF)]),
    (3, [(0x1B000, 0x1EFFF)]),
    (3, [(0x10000, 0x10FFFF)]),
    (3, [(0x30, 0x39), (0x660, 0x669), (0x966, 0x96F), (0xB2, 0xBE), (0x2150, 0x218F)]),
]
PHRASES = ["<s>", "<|begin_of_text|>", "<|end_of_text|>", "<mask>", "<word>", "<norm>", "<sep>", "'s", "'LL", "\r\n", "  ", "\n\n",
           "Hello", "the ", "\u0939\u0948 ", "123456", "\u200d", "\u2581", "...", "fi", "\u00df"]


def random_strings(count, seed):
    rng = random.Random(seed)
    weights = [w for w, _ in POOLS]
    for _ in range(count):
        parts = []
        pools = rng.choices(POOLS, weights, k=rng.randint(1, 4))
        for _ in range(rng.randint(1, rng.choice((4, 20, 60)))):
            if rng.random() < 0.12:
                parts.append(rng.choice(PHRASES))
                continue
            first, last = rng.choice(rng.choice(pools)[1])
            c = rng.randint(first, last)
            if not 0xD800 <= c < 0xE000:
                parts.append(chr(c) * (rng.randint(2, 5) if rng.random() < 0.1 else 1))
        yield "".join(parts)
