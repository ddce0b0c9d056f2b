// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Texts that keep an encoder with quadratic time busy for minutes or hours. The watchdog is
 * generous.
 */
class HostileTextTest {

  private static final int MILLION = 1_000_000;
  private static final int MANY = 250_000;

  private static Map<String, String> texts() {
    Map<String, String> texts = new TreeMap<>();
    texts.put("equal letters", "a".repeat(MILLION));
    texts.put("equal capitals", "A".repeat(MANY));
    texts.put("spaces", " ".repeat(MILLION));
    texts.put("spaces before a word", " ".repeat(MILLION) + "x");
    texts.put("line ends", "\n".repeat(MILLION));
    texts.put("spaces after line ends", ("\n" + " ".repeat(999)).repeat(1000) + "x");
    texts.put("digits", "7".repeat(MANY));
    texts.put("punctuation", "!".repeat(MANY));
    texts.put("apostrophes", "'".repeat(MANY));
    texts.put("one ideograph", "\u4e00".repeat(MANY));
    texts.put("one emoji", "\ud83e\udd99".repeat(MANY / 2));
    texts.put("marks", "e" + "\u0301\u0323".repeat(MILLION / 2));
    texts.put("unpaired surrogates", "\udc00\ud800".repeat(MANY / 2));
    texts.put("letters without a split", "the".repeat(MANY / 3));
    texts.put("beginnings of special tokens", "<|im_".repeat(MANY / 5));
    texts.put("special tokens", "<|im_end|>".repeat(MANY / 10));
    texts.put("white space that tokens take along", "<right> <left>   ".repeat(MANY / 17));
    texts.put("marks of spaces", "\u2581".repeat(MANY));
    texts.put("byte tokens", "<0x0A>".repeat(MANY / 6));
    return texts;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama3",
        "qwen2",
        "deepseek-v3",
        "mistral",
        "metaspace",
        "added",
        "unigram-t5",
        "unigram-bytes"
      })
  void hugeTextsTakeSeconds(String name) {
    ModelTokenizer tokenizer = Fixtures.tokenizer(name);
    texts()
        .forEach((kind, text) -> {
          int[] ids =
              assertTimeoutPreemptively(
                  Duration.ofSeconds(60), () -> tokenizer.encode(text, true), kind);
          if (kind.startsWith("equal")) {
            assertEquals(text, tokenizer.decode(ids), kind);
          }
        });
  }
}
