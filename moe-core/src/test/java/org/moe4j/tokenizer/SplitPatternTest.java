// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.moe4j.MixtureException;

class SplitPatternTest {

  private static List<String> matches(String pattern, String text) {
    List<String> found = new ArrayList<>();
    SplitPattern.compile("test", pattern)
        .split(
            text,
            (start, end, match) -> {
              if (match) {
                found.add(text.substring(start, end));
              }
            });
    return found;
  }

  @Test
  void takesTheFirstAlternativeThatMatchesNotTheLongest() {
    assertEquals(List.of("a", "b"), matches("a|ab|b", "ab"));
    assertEquals(List.of("ab"), matches("ab|a|b", "ab"));
    assertEquals(List.of("123", "45"), matches("\\p{N}{1,3}", "12345"));
    assertEquals(List.of("aa"), matches("a+?a", "aaa"));
  }

  @Test
  void looksAtTheNextCharacterWithoutTakingIt() {
    assertEquals(List.of("  ", " ", "x"), matches("\\s+(?!\\S)|\\s+|x", "   x"));
    assertEquals(List.of("   "), matches("\\s+(?!\\S)|\\s+", "   "));
    assertEquals(List.of("a"), matches("a(?=b)", "aab"));
    assertEquals(List.of("a", "a"), matches("a$", "a\naba"));
  }

  @Test
  void possessiveRepetitionGivesNothingBack() {
    assertEquals(List.of(), matches("a++ab", "aaab"));
    assertEquals(List.of("aaab"), matches("a++b", "aaab"));
    assertEquals(List.of("b"), matches("a?+ab|b", "ab"));
    assertEquals(List.of("aab"), matches("a?+ab|b", "aab"));
  }

  @Test
  void ignoresCaseOnlyWithinTheGroup() {
    assertEquals(List.of("'S", "'s", "'\u017f"), matches("(?i:'s)|x", "'S's'\u017f'X"));
    assertEquals(List.of("Ab", "ab"), matches("(?i:a)b", "AbABab"));
  }

  @Test
  void classesNestIntersectAndNegate() {
    assertEquals(List.of("bc", "d"), matches("[a-z&&[^a]&&[^e]]+", "abcaed"));
    assertEquals(List.of("x-", "]"), matches("[x\\-\\]]+", "x-a]"));
    assertEquals(List.of("\ud801\udc00"), matches("[\\x{10400}-\\x{10410}]", "a\ud801\udc00"));
    assertEquals(List.of("1", "."), matches("[\\P{L}&&\\S]", "a1 ."));
  }

  /**
   * On ASCII the JDK's own engine means the same by all of this; it decides at every position of
   * random texts.
   */
  @Test
  void findsWhatABacktrackingEngineFinds() {
    Random random = new Random(3);
    int matched = 0;
    for (int round = 0; round < 4000; round++) {
      String pattern = alternatives(random, 2);
      SplitPattern compiled;
      try {
        compiled = SplitPattern.compile("test", pattern);
      } catch (MixtureException.Unsupported empty) {
        continue; // matches the empty text, or repeats what can be empty
      }
      String text = text(random, 14);
      List<String> expected = new ArrayList<>();
      Matcher matcher = Pattern.compile(pattern).matcher(text);
      while (matcher.find()) {
        expected.add(matcher.start() + "-" + matcher.end());
      }
      List<String> found = new ArrayList<>();
      StringBuilder covered = new StringBuilder();
      compiled.split(
          text,
          (start, end, match) -> {
            covered.append(text, start, end);
            if (match) {
              found.add(start + "-" + end);
            }
          });
      assertEquals(expected, found, pattern + " on " + text);
      assertEquals(text, covered.toString());
      matched += found.isEmpty() ? 0 : 1;
    }
    assertTrue(matched > 1000, "only " + matched + " patterns matched anything");
  }

  private static String text(Random random, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(length); i > 0; i--) {
      text.append("abc \n".charAt(random.nextInt(5)));
    }
    return text.toString();
  }

  private static String alternatives(Random random, int depth) {
    StringBuilder pattern = new StringBuilder(sequence(random, depth));
    for (int i = random.nextInt(3); i > 0; i--) {
      pattern.append('|').append(sequence(random, depth));
    }
    return pattern.toString();
  }

  private static String sequence(Random random, int depth) {
    String[] atoms = {"a", "b", "c", " ", "[ab]", "[^a]", "\\s", "\\S", ".", "[^\\sb]", "(?i:A)"};
    String[] counts = {"", "", "", "?", "*", "+", "{2}", "{1,3}", "{2,}", "*?", "+?", "??"};
    String[] looks = {"(?!\\S)", "(?=a)", "(?!b)", "(?=\\s)"};
    StringBuilder sequence = new StringBuilder();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      boolean group = depth > 0 && random.nextInt(5) == 0;
      String atom =
          group
              ? "(?:" + alternatives(random, depth - 1) + ")"
              : atoms[random.nextInt(atoms.length)];
      sequence.append(atom);
      String count = counts[random.nextInt(counts.length)];
      sequence.append(count);
      if (random.nextInt(12) == 0) {
        sequence.append(looks[random.nextInt(looks.length)]);
      }
      if (!group && random.nextInt(15) == 0) {
        sequence.append("b").append(random.nextBoolean() ? "++" : "?+");
      }
    }
    return sequence.toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a*",
        "",
        "(a|)",
        "(?<=a)b",
        "(?<!a)b",
        "^a",
        "\\ba",
        "a\\1",
        "(?<name>a)",
        "(?>a)b",
        "(?i)a",
        "a{1,2}?",
        "(ab)++c",
        "a{2}b{",
        "(?!ab)c",
        "[[:alpha:]]",
        "[a",
        "(a",
        "a)",
        "\\p{Klingon}",
        "\\p{L",
        "[z-a]",
        "[a-\\d]",
        "\\X",
        "\\Ka",
        "a{3,2}",
        "a{2000}",
        "(?:a*)*b",
        "\\x{110000}",
        "[]a]",
        "(?i:\u00e4)",
        "\\",
        "a\\",
        "[a&&b]",
        "\\u12",
        "+a",
        "(?:(?:a{1000}){1000}){1000}"
      })
  void refusesByNameWhatItWouldHaveToGuess(String pattern) {
    MixtureException.Unsupported refusal =
        assertThrows(
            MixtureException.Unsupported.class, () -> SplitPattern.compile("a.json", pattern));
    assertTrue(refusal.getMessage().startsWith("a.json: "), refusal.getMessage());
  }

  @Test
  void refusesNestingWithoutEnd() {
    for (String open : List.of("(", "[", "(?:a|")) {
      String pattern = open.repeat(3000);
      assertThrows(
          MixtureException.Unsupported.class, () -> SplitPattern.compile("a.json", pattern));
    }
  }

  /** Each of these takes a backtracking engine quadratic or exponential time on such a text. */
  @ParameterizedTest
  @ValueSource(strings = {"a(a*b)?", "a+b|c", "(?:a|a)+b|a", "(?:a+)+b|c", "a(?:.*b)?", "a+?c|aa"})
  void timeGrowsWithTheLengthOnly(String pattern) {
    SplitPattern compiled = SplitPattern.compile("test", pattern);
    String text = "a".repeat(300_000) + "\n";
    int[] covered = new int[1];
    assertTimeoutPreemptively(
        Duration.ofSeconds(30),
        () -> compiled.split(text, (start, end, match) -> covered[0] += end - start));
    assertEquals(text.length(), covered[0]);
  }
}
