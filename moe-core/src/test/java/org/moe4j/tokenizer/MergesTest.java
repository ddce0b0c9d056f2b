// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MergesTest {

  private static List<Integer> apply(Merges merges, List<Integer> symbols) {
    Merges.Work work = new Merges.Work();
    symbols.forEach(work::add);
    merges.apply(work);
    List<Integer> left = new ArrayList<>();
    for (int at = work.first(); at >= 0; at = work.after(at)) {
      left.add(work.symbol(at));
    }
    return left;
  }

  @Test
  void mergesTheBestPairFirst() {
    Merges merges = new Merges(2);
    merges.add(1, 'a', 'b', 1000);
    merges.add(0, 'b', 'c', 1001);
    assertEquals(List.of((int) 'a', 1001), apply(merges, List.of((int) 'a', (int) 'b', (int) 'c')));
  }

  @Test
  void mergesTheLeftmostOfEqualPairsFirst() {
    Merges merges = new Merges(1);
    merges.add(0, 'a', 'a', 1000);
    assertEquals(List.of(1000, (int) 'a'), apply(merges, List.of((int) 'a', (int) 'a', (int) 'a')));
  }

  @Test
  void nothingAndOneSymbolStayAsTheyAre() {
    Merges merges = new Merges(0);
    assertEquals(List.of(), apply(merges, List.of()));
    assertEquals(List.of(7), apply(merges, List.of(7)));
  }

  /**
   * The definition: again and again look for the pair of the lowest rank, the leftmost one of
   * several.
   */
  @Test
  void agreesWithTheDefinition() {
    Random random = new Random(9);
    Merges.Work reused = new Merges.Work();
    for (int round = 0; round < 500; round++) {
      Map<List<Integer>, int[]> table = new HashMap<>();
      Map<String, Integer> ids = new HashMap<>(Map.of("a", 0, "b", 1, "c", 2));
      List<String> names = new ArrayList<>(List.of("a", "b", "c"));
      Merges merges = new Merges(4);
      for (int rank = 0; rank < 30; rank++) {
        String left = names.get(random.nextInt(names.size()));
        String right = names.get(random.nextInt(names.size()));
        String both = left + right;
        if (table.containsKey(List.of(ids.get(left), ids.get(right)))) {
          continue;
        }
        if (ids.putIfAbsent(both, names.size()) == null) {
          names.add(both);
        }
        merges.add(rank, ids.get(left), ids.get(right), ids.get(both));
        table.put(List.of(ids.get(left), ids.get(right)), new int[] {rank, ids.get(both)});
      }
      List<Integer> symbols = new ArrayList<>(random.ints(60, 0, 3).boxed().toList());
      reused.clear();
      symbols.forEach(reused::add);
      merges.apply(reused);
      List<Integer> found = new ArrayList<>();
      for (int at = reused.first(); at >= 0; at = reused.after(at)) {
        found.add(reused.symbol(at));
      }
      assertEquals(byDefinition(table, symbols), found);
    }
  }

  private static List<Integer> byDefinition(
      Map<List<Integer>, int[]> table, List<Integer> symbols) {
    List<Integer> left = new ArrayList<>(symbols);
    while (true) {
      int best = -1;
      int rank = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < left.size(); i++) {
        int[] merge = table.get(left.subList(i, i + 2));
        if (merge != null && merge[0] < rank) {
          rank = merge[0];
          best = i;
        }
      }
      if (best < 0) {
        return left;
      }
      left.set(best, table.get(left.subList(best, best + 2))[1]);
      left.subList(best + 1, best + 2).clear();
    }
  }
}
