// SPDX-License-Identifier: Apache-2.0
package org.moe4j.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StopMatcherTest {

  @Test
  void findsAStopStringAcrossPieces() {
    StopMatcher matcher = new StopMatcher(List.of("\n\nQ:"));
    assertEquals("An answer.", matcher.add("An answer.\n"));
    assertEquals("", matcher.add("\nQ"));
    assertFalse(matcher.stopped());
    assertEquals("", matcher.add(": more"));
    assertTrue(matcher.stopped());
    assertEquals("", matcher.finish());
  }

  @Test
  void releasesWhatTurnsOutNotToBeOne() {
    StopMatcher matcher = new StopMatcher(List.of("aab"));
    assertEquals("", matcher.add("a"));
    assertEquals("", matcher.add("a"));
    assertEquals("a", matcher.add("a"));
    assertEquals("aac", matcher.add("c"));
  }

  @Test
  void theEarliestStopWins() {
    StopMatcher matcher = new StopMatcher(List.of("world", "lo"));
    assertEquals("hel", matcher.add("hello world"));
    assertTrue(matcher.stopped());
  }

  @Test
  void showsTheSameTextHoweverItIsCut() {
    Random random = new Random(11);
    for (int round = 0; round < 2000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < 30; i++) {
        text.append((char) ('a' + random.nextInt(3)));
      }
      List<String> stops = List.of("abcab", "ccc", "ba".repeat(3));
      int end = text.length();
      for (String stop : stops) {
        int at = text.indexOf(stop);
        end = at < 0 ? end : Math.min(end, at);
      }
      StopMatcher matcher = new StopMatcher(stops);
      StringBuilder shown = new StringBuilder();
      int from = 0;
      while (from < text.length() && !matcher.stopped()) {
        int to = Math.min(text.length(), from + 1 + random.nextInt(4));
        shown.append(matcher.add(text.substring(from, to)));
        from = to;
      }
      shown.append(matcher.finish());
      assertEquals(text.substring(0, end), shown.toString());
    }
  }
}
