// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.moe4j.MixtureException;
import org.moe4j.format.Config;

class RankedTokenizerTest {

  private static Map<String, @Nullable Object> settings() {
    return Fixtures.json(Fixtures.read("tiktoken/tokenizer_config.json.gz"));
  }

  private static ModelTokenizer open(String ranks, Map<String, @Nullable Object> settings) {
    return Tokenizers.fromTiktoken(
        "tiktoken.model", ranks, Config.of("tokenizer_config.json", settings));
  }

  @Test
  void givesTheIdsOfTiktoken() {
    ModelTokenizer tokenizer = open(Fixtures.read("tiktoken/tiktoken.model.gz"), settings());
    Fixtures.assertSameIds(tokenizer, Fixtures.lines(), Fixtures.expected("tiktoken/ids.txt.gz"));
    for (String line : Fixtures.lines()) {
      assertEquals(line, tokenizer.decode(tokenizer.encode(line)));
    }
    assertEquals(tokenizer.id("[BOS]"), tokenizer.special().bos());
    int eos = tokenizer.id("[EOS]").orElseThrow();
    assertTrue(tokenizer.special().ends().contains(eos));
    assertTrue(tokenizer.isSpecial(eos));
    assertEquals(OptionalInt.empty(), tokenizer.special().unknown(), "named, but not there");
    assertFalse(tokenizer.special().addBos());
  }

  /** The ranks of some tokens, from 0. */
  private static String ranks(String... tokens) {
    StringBuilder ranks = new StringBuilder();
    int rank = 0;
    for (String token : tokens) {
      byte[] bytes = token.getBytes(StandardCharsets.UTF_8);
      ranks.append(Base64.getEncoder().encodeToString(bytes)).append(' ').append(rank++);
      ranks.append('\n');
    }
    return ranks.toString();
  }

  private static Map<String, @Nullable Object> plain() {
    Map<String, @Nullable Object> settings = settings();
    settings.put("added_tokens_decoder", Map.of());
    settings.remove("bos_token");
    settings.remove("eos_token");
    return settings;
  }

  @Test
  void whateverNeighboursMakeUpATokenAreMergedTheLowestRankFirst() {
    ModelTokenizer tokenizer = open(ranks("a", "b", "c", "bc", "ab", "abcc"), plain());
    assertArrayEquals(new int[] {0, 3}, tokenizer.encode("abc"));
    assertArrayEquals(new int[] {4, 1}, tokenizer.encode("abb"));
    assertArrayEquals(new int[] {5}, tokenizer.encode("abcc"), "a piece that is a token");
    assertArrayEquals(new int[] {0, 3, 2, 0}, tokenizer.encode("abcca"));
  }

  @ParameterizedTest
  @CsvSource({"YQ==, line 3", "YQ== x, line 3", "!!! 7, line 3", "' 7', line 3", "YQ== 7, tokens"})
  void linesThatAreNoneAreRefusedWithTheirNumber(String line, String part) {
    MixtureException.BadFile bad =
        assertThrows(
            MixtureException.BadFile.class, () -> open(ranks("a", "b") + line + "\n", plain()));
    assertTrue(bad.getMessage().startsWith("tiktoken.model: " + part), bad.getMessage());
  }

  @Test
  void otherClassesAndEndlessTokensAreRefusedByName() {
    Map<String, @Nullable Object> other = plain();
    other.put("tokenizer_class", "HYTokenizer");
    MixtureException.Unsupported refusal =
        assertThrows(MixtureException.Unsupported.class, () -> open(ranks("a"), other));
    assertTrue(refusal.getMessage().contains("HYTokenizer"), refusal.getMessage());
    String endless = ranks("a", "b".repeat(257));
    assertThrows(MixtureException.Unsupported.class, () -> open(endless, plain()));
    Map<String, @Nullable Object> noId = plain();
    noId.put("added_tokens_decoder", Map.of("x", Map.of("content", "y")));
    assertThrows(MixtureException.BadFile.class, () -> open(ranks("a"), noId));
  }

  @Test
  void tokensOfTheSettingsKeepTheirIds() {
    Map<String, @Nullable Object> settings = plain();
    settings.put(
        "added_tokens_decoder",
        Map.of(
            "5", Map.of("content", "<think>", "special", false),
            "9", Map.of("content", "[EOT]", "special", true)));
    settings.put("eos_token", Map.of("content", "[EOT]"));
    ModelTokenizer tokenizer = open(ranks("a", "[", "]"), settings);
    assertEquals(OptionalInt.of(9), tokenizer.special().eos());
    assertArrayEquals(new int[] {0, 5, 1}, tokenizer.encode("a<think>[EOT"));
    assertArrayEquals(new int[] {9}, tokenizer.encode("[EOT]", true));
    assertEquals(List.of(9), tokenizer.special().ends());
    assertEquals(10, tokenizer.size());
  }
}
