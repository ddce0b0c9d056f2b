// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UnicodeSetsTest {

  @Test
  void classesHoldTheCodePointsThatTheReferenceSays() {
    Map<String, CodePointSet> classes = new LinkedHashMap<>();
    for (String row : Fixtures.read("unicode.txt.gz").lines().toList()) {
      String name = row.substring(0, row.indexOf(' '));
      CodePointSet.Builder builder = new CodePointSet.Builder();
      boolean member = true;
      for (int bound : Fixtures.numbers(row.substring(name.length() + 1))) {
        builder.next(bound, member);
        member = !member;
      }
      classes.put(name, builder.build());
    }
    // What a later Unicode version adds is unknown to the reference.
    CodePointSet known = CodePointSet.range(0, 0x1F);
    for (String name : List.of("L", "M", "N", "P", "S", "Z")) {
      known = known.union(classes.get(name));
    }
    assertTrue(known.size() > 150_000);
    assertEquals(16, classes.size());
    for (Map.Entry<String, CodePointSet> entry : classes.entrySet()) {
      CodePointSet found =
          switch (entry.getKey()) {
            case "\\s" -> UnicodeSets.WHITE_SPACE;
            case "\\w" -> UnicodeSets.word();
            default -> UnicodeSets.property(entry.getKey().replace("\\d", "Nd")).orElseThrow();
          };
      assertEquals(entry.getValue().intersection(known), found.intersection(known), entry.getKey());
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
