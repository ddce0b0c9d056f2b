// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.moe4j.MixtureException;

/** Small vocabularies whose best ways can be found by hand. */
class UnigramTest {

  /** A {@code tokenizer.json}; its vocabulary is written as names and scores in turn. */
  private static Map<String, @Nullable Object> json(Object... namesAndScores) {
    List<List<Object>> vocabulary = new ArrayList<>();
    for (int i = 0; i < namesAndScores.length; i += 2) {
      vocabulary.add(List.of(namesAndScores[i], namesAndScores[i + 1]));
    }
    Map<String, @Nullable Object> model = new LinkedHashMap<>();
    model.put("type", "Unigram");
    model.put("unk_id", 0);
    model.put("vocab", vocabulary);
    Map<String, @Nullable Object> root = new HashMap<>();
    root.put("model", model);
    root.put("decoder", Map.of("type", "Fuse"));
    return root;
  }

  @SuppressWarnings("unchecked") // json() put it there
  private static Map<String, @Nullable Object> model(Map<String, @Nullable Object> root) {
    return (Map<String, @Nullable Object>) root.get("model");
  }

  private static void assertIds(Map<String, @Nullable Object> json, String text, int... ids) {
    assertArrayEquals(ids, Fixtures.parse(json).encode(text), text);
  }

  @Test
  void theHighestSumWins() {
    Map<String, @Nullable Object> json =
        json("?", 0, "a", -1, "b", -1, "c", -1, "ab", -1.5, "bc", -1.4, "abc", -2.5);
    assertIds(json, "abc", 1, 5); // -2.4 before -2.5 three times
    assertIds(json, "ab", 4);
    assertIds(json, "abab", 4, 4);
    assertIds(json, "");
  }

  @Test
  void ofEqualSumsTheOneWithTheLongestLastTokenWins() {
    Map<String, @Nullable Object> json = json("?", 0, "a", -1, "aa", -2, "aaa", -3);
    assertIds(json, "aaa", 3);
    assertIds(json, "aaaa", 1, 3);
    assertIds(json, "aaaaa", 2, 3);
  }

  @Test
  void neighbouringUnknownCharactersAreOneToken() {
    Map<String, @Nullable Object> json = json("?", 0, "a", -1, "b", -1);
    assertIds(json, "xyaz\ud83e\udd99b", 0, 1, 0, 2);
    assertIds(json, "?", 0);
    assertIds(json, "?x?", 0);
  }

  @Test
  void unknownCharactersThatAreATokenTogetherBecomeIt() {
    // Two unknown characters have a sum of 180, more than the 100 of the token they make up.
    assertIds(json("?", 500, "xy", 100), "xy", 1);
  }

  @Test
  void unknownCharactersBecomeBytesIfAllHaveTokens() {
    Map<String, @Nullable Object> json =
        json("?", 0, "a", -1, "<0x78>", 0, "<0xC3>", 0, "<0xA4>", 0);
    assertIds(json, "x\u00e4a", 0, 1);
    model(json).put("byte_fallback", true);
    assertIds(json, "x\u00e4a", 2, 3, 4, 1);
    assertIds(json, "xya", 0, 1);
  }

  @Test
  void textNeverBecomesASpecialToken() {
    Map<String, @Nullable Object> json = json("?", 0, "<s>", 10, "<", -1, "s", -1, ">", -1);
    assertIds(json, "<s>", 1);
    json.put("added_tokens", List.of(Map.of("id", 1, "content", "<s>", "special", true)));
    assertIds(json, "<s>", 2, 3, 4);
    assertArrayEquals(new int[] {1}, Fixtures.parse(json).encode("<s>", true));
    assertEquals("unigram", Fixtures.parse(json).kind());
  }

  @Test
  void aHostileVocabularyTakesSecondsForAMillionCharacters() {
    List<Object> all = new ArrayList<>(List.of("?", 0));
    for (int length = 1; length <= TokenTrie.MAX_LENGTH; length++) {
      all.add("a".repeat(length));
      all.add(-length);
    }
    ModelTokenizer tokenizer = Fixtures.parse(json(all.toArray()));
    int[] ids =
        assertTimeoutPreemptively(
            Duration.ofSeconds(60), () -> tokenizer.encode("a".repeat(1_000_000)));
    assertEquals(1_000_000 / 256 + 1, ids.length);
    all.add("a".repeat(TokenTrie.MAX_LENGTH + 1));
    all.add(-1);
    Map<String, @Nullable Object> longer = json(all.toArray());
    assertThrows(MixtureException.Unsupported.class, () -> Fixtures.parse(longer));
  }

  @Test
  void aVocabularyThatWouldTakeTooMuchMemoryIsRefused() {
    List<Object> all = new ArrayList<>(List.of("?", 0));
    for (int i = 0; i < 17_000; i++) {
      all.add(i + "a".repeat(249));
      all.add(-1);
    }
    Map<String, @Nullable Object> json = json(all.toArray());
    MixtureException.Unsupported refusal =
        assertThrows(MixtureException.Unsupported.class, () -> Fixtures.parse(json));
    assertTrue(refusal.getMessage().contains("4194304"), refusal.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "vocab, text, BadFile, tokenizer.json: model.vocab",
    "vocab, list, BadFile, tokenizer.json: model.vocab[0]",
    "unk_id, text, BadFile, tokenizer.json: model.unk_id",
    "unk_id, many, BadFile, tokenizer.json: model.unk_id",
    "unk_id, none, Unsupported, tokenizer.json: model.unk_id"
  })
  void contradictionsNameFileAndKey(String key, String value, String error, String where) {
    Map<String, @Nullable Object> json = json("?", 0, "a", -1);
    Object given =
        switch (value) {
          case "list" -> List.of(List.of("a"));
          case "many" -> 2;
          case "none" -> null;
          default -> value;
        };
    model(json).put(key, given);
    MixtureException refusal = assertThrows(MixtureException.class, () -> Fixtures.parse(json));
    assertEquals(error, refusal.getClass().getSimpleName());
    assertTrue(refusal.getMessage().startsWith(where), refusal.getMessage());
  }
}
