// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.text.Normalizer;
import java.text.Normalizer.Form;
import java.time.Duration;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MarkOrderTest {

  private static final int[] MARKS =
      IntStream.range(0x300, 0x1F000)
          .filter(c ->
              Character.getType(c) == Character.NON_SPACING_MARK
                  || Character.getType(c) == Character.COMBINING_SPACING_MARK)
          .toArray();

  @Test
  void sortedRunsHaveTheSameNormalForms() {
    Random random = new Random(6);
    for (int round = 0; round < 40; round++) {
      StringBuilder text = new StringBuilder();
      for (int part = random.nextInt(1, 4); part > 0; part--) {
        text.append("e x\ud801\udc00".charAt(random.nextInt(3)));
        int few = random.nextInt(1, 30);
        int[] some = random.ints(few, 0, MARKS.length).map(i -> MARKS[i]).toArray();
        for (int i = random.nextInt(600); i > 0; i--) {
          text.appendCodePoint(some[random.nextInt(few)]);
        }
      }
      String original = text.toString();
      String sorted = MarkOrder.sort(original);
      for (Form form : Form.values()) {
        assertEquals(Normalizer.normalize(original, form), Normalizer.normalize(sorted, form));
      }
    }
  }

  @Test
  void shortRunsAreLeftAlone() {
    String text = "a\u0301\u0323 b".repeat(1000);
    assertSame(text, MarkOrder.sort(text));
  }

  @Test
  void aMillionMarksOnOneLetterAreNormalizedInTime() {
    String text = "a" + "\u0301\u0323\u0345".repeat(333_333);
    TextNormalizer nfc = TextNormalizer.unicode(Form.NFC);
    String normalized = assertTimeoutPreemptively(Duration.ofSeconds(30), () -> nfc.apply(text));
    assertEquals("\u1ea1\u0323", normalized.substring(0, 2));
    assertEquals(text.length() - 1, normalized.length());
  }
}
