// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class UnicodeSetsTest {

  /** Surrogates are no characters: the reference cannot be asked about them. */
  private static final CodePointSet CHARACTERS = CodePointSet.range(0xD800, 0xDFFF).complement();

  @Test
  void classesHoldTheCodePointsThatTheReferenceSays() {
    for (String row : Fixtures.read("unicode.txt.gz").lines().toList()) {
      String name = row.substring(0, row.indexOf(' '));
      CodePointSet found =
          switch (name) {
            case "\\s" -> UnicodeSets.WHITE_SPACE;
            case "\\w" -> UnicodeSets.word();
            case "\\d" -> UnicodeSets.property("Nd").orElseThrow();
            default -> UnicodeSets.property(name).orElseThrow();
          };
      int[] expected = Fixtures.numbers(row.substring(name.length() + 1));
      assertArrayEquals(expected, found.intersection(CHARACTERS).bounds(), name);
    }
  }

  @Test
  void unknownPropertiesAreNoSets() {
    assertTrue(UnicodeSets.property("Xx").isEmpty());
    assertTrue(UnicodeSets.property("Klingon").isEmpty());
    assertTrue(UnicodeSets.property("").isEmpty());
  }

  @Test
  void setsObeyTheLawsOfSets() {
    Random random = new Random(5);
    for (int round = 0; round < 300; round++) {
      CodePointSet a = random(random);
      CodePointSet b = random(random);
      CodePointSet both = a.intersection(b);
      CodePointSet any = a.union(b);
      for (int c = 0; c < 60; c++) {
        assertEquals(a.contains(c) && b.contains(c), both.contains(c));
        assertEquals(a.contains(c) || b.contains(c), any.contains(c));
        assertEquals(!a.contains(c), a.complement().contains(c));
      }
      assertEquals(a, a.complement().complement());
      assertEquals(any.size(), a.size() + b.size() - both.size());
      assertEquals(both.isEmpty(), a.isDisjoint(b));
    }
    assertTrue(UnicodeSets.ALL.contains(Character.MAX_CODE_POINT));
    assertEquals(CodePointSet.LIMIT, UnicodeSets.ALL.size());
    assertFalse(CodePointSet.range(3, Character.MAX_CODE_POINT).contains(2));
  }

  private static CodePointSet random(Random random) {
    CodePointSet set = CodePointSet.EMPTY;
    for (int i = random.nextInt(5); i > 0; i--) {
      int first = random.nextInt(50);
      int last = random.nextInt(8) == 0 ? Character.MAX_CODE_POINT : first + random.nextInt(9);
      set = set.union(CodePointSet.range(first, last));
    }
    return random.nextInt(4) == 0 ? set.complement() : set;
  }
}
