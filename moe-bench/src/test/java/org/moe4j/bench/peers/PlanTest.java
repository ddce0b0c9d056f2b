// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The files and workloads that are compared. */
class PlanTest {

  private static Set<String> names(boolean full) {
    return Plan.all(full).stream().map(Plan::name).collect(Collectors.toSet());
  }

  @Test
  void aFullRunHasEveryShapeAndType() {
    Set<String> names = names(true);
    for (String shape : List.of("mixtral-mini", "qwen3moe-mini", "olmoe-7b")) {
      for (String mix : List.of("Q4_0", "Q4_K_M", "Q8_0", "F16")) {
        assertTrue(names.contains(shape + " " + mix), shape + " " + mix);
      }
    }
    assertTrue(names.containsAll(Set.of("demo Q8_0", "gptoss-mini MXFP4", "scale-256 Q4_0")));
    assertTrue(names.containsAll(names(false)));
  }

  @Test
  void everyRunHasSeveralSequencesAndTwoModelsAtDepth() {
    for (boolean full : new boolean[] {false, true}) {
      Set<Integer> sequences =
          Plan.all(full).stream()
              .flatMap(plan -> plan.workloads().stream())
              .map(Workload::sequences)
              .collect(Collectors.toSet());
      assertEquals(Set.of(1, 4, 16), sequences);
      long deep =
          Plan.all(full).stream()
              .filter(plan -> plan.workloads().stream().anyMatch(Workload::isDeep))
              .count();
      assertEquals(2, deep);
    }
  }
}
