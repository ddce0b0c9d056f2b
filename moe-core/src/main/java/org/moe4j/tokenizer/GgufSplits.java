// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.moe4j.MixtureException;

/**
 * The pre-tokenizers that GGUF files name in {@code tokenizer.ggml.pre}. The patterns are those of
 * the models' own {@code tokenizer.json}, applied one after the other.
 *
 * @param patterns where the text is split
 * @param wholeFirst whether a piece that is a token as it stands is not merged but taken
 * @param addBos whether a prompt begins with the begin token unless the file says otherwise
 */
record GgufSplits(List<String> patterns, boolean wholeFirst, boolean addBos) {

  private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";

  private static final String SPACES = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /** The pattern that came with GPT-4, with one, three or any number of digits in a row. */
  private static String gpt4(String digits) {
    return CONTRACTIONS
        + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
        + digits
        + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|"
        + SPACES;
  }

  /** The pattern that came with GPT-4o: words are split where lower case turns to upper case. */
  private static String gpt4o(String contractions, String digits) {
    String upper = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
    String lower = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
    String start = "[^\\r\\n\\p{L}\\p{N}]?";
    return (start + upper + "*" + lower + "+" + contractions + "|")
        + (start + upper + "+" + lower + "*" + contractions + "|")
        + (digits + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" + SPACES);
  }

  /** Like GPT-4o's, with runs of Han characters apart from all other letters. */
  private static final String KIMI_K2 =
      "[\\p{Han}]+|"
          + gpt4o(CONTRACTIONS + "?", "\\p{N}{1,3}")
              .replace("\\p{M}]", "\\p{M}&&[^\\p{Han}]]")
              .replace("[\\r\\n/]*", "[\\r\\n]*");

  private static final String DEEPSEEK_WORDS =
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
          + "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|"
          + SPACES;

  private static final String DEEPSEEK_CJK = "[\\u4e00-\\u9fa5\\u3040-\\u309f\\u30a0-\\u30ff]+";

  /** Cased letters of the scripts that have case, as DeepSeek-LLM lists them. */
  private static final String DEEPSEEK_LETTERS =
      "\\s?[A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293"
          + "\u0295-\u02af\u0370-\u0373\u0376\u0377\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c"
          + "\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-\u0556\u10a0-\u10c5"
          + "\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77"
          + "\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57"
          + "\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4"
          + "\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc"
          + "\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d"
          + "\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b"
          + "\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f"
          + "\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a"
          + "\uff41-\uff5a\\x{10400}-\\x{1044f}\\x{104b0}-\\x{104d3}\\x{104d8}-\\x{104fb}"
          + "\\x{10c80}-\\x{10cb2}\\x{10cc0}-\\x{10cf2}\\x{118a0}-\\x{118df}"
          + "\\x{1e900}-\\x{1e943}]+";

  private static final String ONE_DIGIT = "\\p{N}";
  private static final String THREE_DIGITS = "\\p{N}{1,3}";

  /** One entry of the table: the names that files use, and what they mean. */
  private record Named(List<String> names, GgufSplits splits) {}

  private static final List<Named> TABLE =
      List.of(
          new Named(
              List.of("gpt-2", "phi-2", "mpt", "olmo", "jais", "trillion", "granite-docling"),
              plain(PreTokenizer.GPT2)),
          new Named(
              List.of("exaone4", "gigachat", "mellum", "modern-bert", "a.x-4.0", "roberta-bpe"),
              plain(PreTokenizer.GPT2)),
          new Named(
              List.of("starcoder", "refact", "command-r", "smollm", "codeshell", "exaone"),
              plain(ONE_DIGIT, PreTokenizer.GPT2)),
          new Named(List.of("minerva-7b", "mellum2"), plain(ONE_DIGIT, PreTokenizer.GPT2)),
          new Named(
              List.of("qwen2", "deepseek-r1-qwen", "megrez", "stablelm2", "hunyuan", "solar-open"),
              plain(gpt4(ONE_DIGIT))),
          new Named(List.of("grok-2", "kormo", "f2llmv2"), plain(gpt4(ONE_DIGIT))),
          new Named(
              List.of("qwen35"),
              plain(
                  CONTRACTIONS
                      + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}"
                      + "| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|"
                      + SPACES)),
          new Named(List.of("dbrx", "smaug-bpe", "chatglm-bpe", "glm4"), plain(gpt4(THREE_DIGITS))),
          new Named(
              List.of(
                  "llama-bpe",
                  "llama3",
                  "llama-v3",
                  "falcon3",
                  "falcon-h1",
                  "lfm2",
                  "jina-v5-nano"),
              new GgufSplits(List.of(gpt4(THREE_DIGITS)), true, true)),
          new Named(
              List.of("pixtral", "midm-2.0"),
              new GgufSplits(List.of(gpt4(THREE_DIGITS)), true, true)),
          new Named(
              List.of("minicpm5"),
              new GgufSplits(List.of(THREE_DIGITS, gpt4("\\p{N}+")), true, false)),
          new Named(List.of("tekken"), new GgufSplits(List.of(gpt4o("", ONE_DIGIT)), true, true)),
          new Named(
              List.of("gpt-4o", "llama4", "kanana2", "minimax-m2", "talkie"),
              plain(gpt4o(CONTRACTIONS + "?", THREE_DIGITS))),
          new Named(
              List.of("deepseek-llm"),
              plain(
                  "[\\r\\n]",
                  DEEPSEEK_LETTERS,
                  "\\s?[!-/:-~\\uff01-\\uff0f\\uff1a-\\uff5e\\u2018-\\u201f\\u3000-\\u3002]+",
                  "\\s+$",
                  "[\\u4e00-\\u9fa5\\u0800-\\u4e00\\uac00-\\ud7ff]+",
                  ONE_DIGIT)),
          new Named(
              List.of("deepseek-coder"),
              plain(
                  "[\\r\\n]",
                  "\\s?\\p{L}+",
                  "\\s?\\p{P}+",
                  "[\\u4e00-\\u9fa5\\u0800-\\u4e00\\uac00-\\ud7ff]+",
                  ONE_DIGIT)),
          new Named(
              List.of("deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"),
              plain(THREE_DIGITS, DEEPSEEK_CJK, DEEPSEEK_WORDS)),
          new Named(
              List.of("bailingmoe", "bailingmoe2", "llada-moe"),
              plain(
                  "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}"
                      + "| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+")),
          new Named(List.of("kimi-k2"), plain(KIMI_K2)),
          new Named(
              List.of("falcon"),
              plain("[\\p{P}\\$\\+<=>\\^~\\|`]+", PreTokenizer.GPT2, "[0-9][0-9][0-9]")),
          new Named(
              List.of("seed-coder"),
              plain(
                  CONTRACTIONS
                      + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
                      + "| ?[^\\s\\p{L}\\p{N}\\r\\n]+|"
                      + SPACES)),
          new Named(
              List.of("exaone-moe"),
              plain(
                  CONTRACTIONS
                      + "|[^\\r\\n\\p{L}\\p{N}]?(?:\\p{L}\\p{M}*(?: \\p{L}\\p{M}*)*)+|\\p{N}"
                      + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]?|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+")),
          new Named(
              List.of("default"),
              plain("[\\p{P}\\$\\+<=>\\^~\\|]+", PreTokenizer.GPT2, "\\p{N}+", "[0-9][0-9][0-9]")));

  private static final Map<String, GgufSplits> BY_NAME = byName();

  private static GgufSplits plain(String... patterns) {
    return new GgufSplits(List.of(patterns), false, false);
  }

  private static Map<String, GgufSplits> byName() {
    Map<String, GgufSplits> all = new TreeMap<>();
    for (Named named : TABLE) {
      named.names().forEach(name -> all.put(name, named.splits()));
    }
    return Map.copyOf(all);
  }

  /**
   * The splits of a name.
   *
   * @param where file and key, for messages
   * @param name the name
   * @throws MixtureException.Unsupported if the name is not known
   */
  static GgufSplits named(String where, String name) {
    GgufSplits splits = BY_NAME.get(name);
    if (splits == null) {
      throw new MixtureException.Unsupported(
          where,
          "pre-tokenizer \"" + name + "\"",
          String.join(", ", new TreeSet<>(BY_NAME.keySet())));
    }
    return splits;
  }

  /** The pre-tokenizer of these patterns. */
  PreTokenizer preTokenizer(String where) {
    List<PreTokenizer> stages = new ArrayList<>();
    for (String pattern : patterns) {
      stages.add(PreTokenizer.isolated(SplitPattern.compile(where, pattern)));
    }
    return PreTokenizer.sequence(stages);
  }
}
