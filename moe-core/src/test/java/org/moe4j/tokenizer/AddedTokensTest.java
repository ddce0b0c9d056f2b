// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.moe4j.MixtureException;
import org.moe4j.tokenizer.AddedTokens.AddedToken;

class AddedTokensTest {

  private static List<String> split(AddedTokens tokens, String text, boolean parseSpecial) {
    return split(tokens, text, _ -> parseSpecial);
  }

  private static List<String> split(AddedTokens tokens, String text, IntPredicate special) {
    List<String> parts = new ArrayList<>();
    tokens.split(
        text,
        special,
        new AddedTokens.Parts() {
          @Override
          public void text(int start, int end) {
            assertTrue(start < end);
            parts.add(text.substring(start, end));
          }

          @Override
          public void token(int id) {
            parts.add("#" + id);
          }
        });
    return parts;
  }

  @Test
  void theLongestTokenAtTheFirstPlaceWins() {
    AddedTokens tokens =
        new AddedTokens(
            "test",
            List.of(
                AddedToken.plain("ab", 1, false),
                AddedToken.plain("abc", 2, false),
                AddedToken.plain("bcde", 3, false)));
    assertEquals(List.of("x", "#2", "de", "#1"), split(tokens, "xabcdeab", false));
  }

  @Test
  void specialTokensAreTextUnlessAllowed() {
    AddedTokens tokens =
        new AddedTokens(
            "test", List.of(AddedToken.plain("<s>", 1, true), AddedToken.plain("<t>", 2, false)));
    assertEquals(List.of("a<s>", "#2", "b"), split(tokens, "a<s><t>b", false));
    assertEquals(List.of("a", "#1", "#2", "b"), split(tokens, "a<s><t>b", true));
    assertEquals(List.of(), split(tokens, "", true));
  }

  @Test
  void aSpecialTokenCountsOnlyWhereAllOfItIsAllowed() {
    AddedTokens tokens = new AddedTokens("test", List.of(AddedToken.plain("<s>", 1, true)));
    for (int allowed = 0; allowed <= 4; allowed++) {
      int bound = allowed;
      List<String> expected = allowed < 4 ? List.of("a<s>b") : List.of("a", "#1", "b");
      assertEquals(expected, split(tokens, "a<s>b", at -> at < bound), "allowed before " + bound);
    }
    assertEquals(List.of("<s>"), split(tokens, "<s>", at -> at > 0));
  }

  @Test
  void whiteSpaceAndWordsAroundATokenCount() {
    AddedTokens tokens =
        new AddedTokens(
            "test",
            List.of(
                new AddedToken("L", 1, false, false, true, false),
                new AddedToken("R", 2, false, false, false, true),
                new AddedToken("w", 3, false, true, false, false)));
    assertEquals(List.of("a", "#1", " b"), split(tokens, "a \n\u3000L b", false));
    assertEquals(List.of("a ", "#2", "b"), split(tokens, "a R \tb", false));
    assertEquals(List.of("aw wb ", "#3", " w\u0301."), split(tokens, "aw wb w w\u0301.", false));
  }

  @Test
  void findsWhatComparingEveryTokenFinds() {
    Random random = new Random(8);
    for (int round = 0; round < 2000; round++) {
      List<AddedToken> list = new ArrayList<>();
      for (int id = random.nextInt(6); id >= 0; id--) {
        list.add(AddedToken.plain(text(random, 1 + random.nextInt(4)), id, false));
      }
      String text = text(random, random.nextInt(20));
      List<String> expected = new ArrayList<>();
      int done = 0;
      for (int at = 0; at < text.length(); ) {
        AddedToken best = null;
        for (AddedToken token : list) {
          boolean longer = best == null || token.content().length() > best.content().length();
          if (text.startsWith(token.content(), at) && longer) {
            best = token;
          }
        }
        if (best == null) {
          at++;
          continue;
        }
        if (done < at) {
          expected.add(text.substring(done, at));
        }
        expected.add("#" + best.id());
        at += best.content().length();
        done = at;
      }
      if (done < text.length()) {
        expected.add(text.substring(done));
      }
      assertEquals(expected, split(new AddedTokens("test", list), text, false));
    }
  }

  private static String text(Random random, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append("abc".charAt(random.nextInt(3)));
    }
    return text.toString();
  }

  @Test
  void absurdlyLongTokensAreRefused() {
    List<AddedToken> tokens = List.of(AddedToken.plain("a".repeat(100_000), 7, false));
    assertThrows(MixtureException.Unsupported.class, () -> new AddedTokens("test", tokens));
  }
}
