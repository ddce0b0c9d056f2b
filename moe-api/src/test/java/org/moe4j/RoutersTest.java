// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RoutersTest {

  private static final float NAN = Float.NaN;
  private static final float INF = Float.POSITIVE_INFINITY;

  private static Routing route(Router router, int experts, float... logits) {
    int rows = logits.length / experts;
    Routing routing = Routing.allocate(rows, router.mostExperts(), experts);
    router.route(RouterLogits.of(0, experts, logits, new int[rows], new int[rows]), routing);
    return routing;
  }

  private static List<Integer> ids(Routing routing, int row) {
    List<Integer> ids = new ArrayList<>();
    for (int slot = 0; slot < routing.count(row); slot++) {
      ids.add(routing.expert(row, slot));
    }
    return ids;
  }

  private static double sum(Routing routing, int row) {
    double sum = 0;
    for (int slot = 0; slot < routing.count(row); slot++) {
      sum += routing.weight(row, slot);
    }
    return sum;
  }

  @Test
  void choosesTheHighestProbabilities() {
    // softmax(log 1, log 2, log 4, log 3) = 0.1, 0.2, 0.4, 0.3
    float[] logits = {0, (float) Math.log(2), (float) Math.log(4), (float) Math.log(3)};
    Routing plain = route(new SoftmaxTopK(2, false), 4, logits);
    assertEquals(List.of(2, 3), ids(plain, 0));
    assertEquals(0.4, plain.weight(0, 0), 1e-7);
    assertEquals(0.3, plain.weight(0, 1), 1e-7);
    Routing renormalised = route(new SoftmaxTopK(2, true), 4, logits);
    assertEquals(4 / 7.0, renormalised.weight(0, 0), 1e-7);
    assertEquals(3 / 7.0, renormalised.weight(0, 1), 1e-7);
  }

  @Test
  void givesTiesToTheLowestId() {
    assertEquals(List.of(0, 1), ids(route(new SoftmaxTopK(2, true), 5, 1, 1, 1, 1, 1), 0));
    assertEquals(List.of(3, 1), ids(route(new SoftmaxTopK(2, true), 5, 0, 1, 1, 2, 1), 0));
  }

  @Test
  void routesDistinctExpertsOnNaNAndInfinities() {
    float[][] rows = {
      {NAN, NAN, NAN, NAN},
      {NAN, 1, NAN, 0},
      {INF, 0, INF, NAN},
      {-INF, -INF, -INF, -INF},
      {-INF, NAN, 3, -INF},
      {INF, INF, INF, INF},
      {Float.MAX_VALUE, -Float.MAX_VALUE, 0, NAN}
    };
    for (boolean renormalise : new boolean[] {false, true}) {
      for (int k = 1; k <= 4; k++) {
        for (float[] row : rows) {
          Routing routing = route(new SoftmaxTopK(k, renormalise), 4, row);
          assertEquals(k, new HashSet<>(ids(routing, 0)).size());
          assertTrue(sum(routing, 0) > 0 && sum(routing, 0) <= 1.000001, () -> List.of(row) + "");
        }
      }
    }
    assertEquals(List.of(1, 3), ids(route(new SoftmaxTopK(2, true), 4, rows[1]), 0));
    assertEquals(List.of(0, 2), ids(route(new SoftmaxTopK(2, true), 4, rows[2]), 0));
  }

  @Test
  void weightsDoNotDependOnAShiftOfTheLogits() {
    Random random = new Random(1);
    float[] logits = new float[9];
    float[] shifted = new float[9];
    for (int i = 0; i < 9; i++) {
      logits[i] = random.nextInt(64) / 8f;
      shifted[i] = logits[i] + 512;
    }
    Routing a = route(new SoftmaxTopK(3, false), 9, logits);
    Routing b = route(new SoftmaxTopK(3, false), 9, shifted);
    assertEquals(ids(a, 0), ids(b, 0));
    for (int slot = 0; slot < 3; slot++) {
      assertEquals(a.weight(0, slot), b.weight(0, slot));
    }
  }

  @Test
  void aLayerWithFewerExpertsThanKUsesAll() {
    Routing routing = route(new SoftmaxTopK(5, true), 3, 1, 3, 2);
    assertEquals(List.of(1, 2, 0), ids(routing, 0));
    assertEquals(1, sum(routing, 0), 1e-6);
  }

  @Test
  void atMostKeepsTheHighestWeightsAndTheirSum() {
    Router base = new SoftmaxTopK(3, false);
    float[] logits = {0, 2, 1, -1};
    Routing full = route(base, 4, logits);
    Routing two = route(Routers.atMost(2, base), 4, logits);
    assertEquals(List.of(1, 2), ids(two, 0));
    assertEquals(sum(full, 0), sum(two, 0), 1e-6);
    Routing bare = route(new Routers.AtMost(2, base, false), 4, logits);
    assertEquals(full.weight(0, 0), bare.weight(0, 0));
    assertEquals(2, Routers.atMost(2, base).mostExperts());
  }

  @Test
  void atMostChoosesByWeightWhateverTheSlotOrder() {
    Router rising =
        (logits, routing) -> {
          routing.add(0, 0, 0.1f);
          routing.add(0, 1, 0.2f);
          routing.add(0, 2, 0.7f);
        };
    assertEquals(List.of(1, 2), ids(route(Routers.atMost(2, rising), 3, 0, 0, 0), 0));
  }

  @Test
  void withoutNeverChoosesWhatIsLeftOut() {
    Router base = new SoftmaxTopK(2, true);
    Router masked = Routers.without(Set.of(1, 3), base);
    assertEquals(List.of(2, 0), ids(route(masked, 4, 0, 9, 1, 8), 0));
    assertEquals(List.of(0, 2), ids(route(masked, 4, NAN, 9, NAN, NAN), 0));
    assertEquals(List.of(0, 2), ids(route(masked, 4, -INF, 9, -INF, INF), 0));
    assertEquals(List.of(2), ids(route(Routers.without(Set.of(0, 1, 3), base), 4, 1, 2, 3, 4), 0));
  }

  @Test
  void leavingOutEveryExpertIsRefused() {
    Router none = Routers.without(Set.of(0, 1), new SoftmaxTopK(1, true));
    assertThrows(IllegalArgumentException.class, () -> route(none, 2, 1, 2));
  }

  @Test
  void wrappersComposeAndCompareAsValues() {
    Router base = new SoftmaxTopK(4, true);
    Router a = Routers.atMost(2, Routers.without(Set.of(0), base));
    Router b = Routers.atMost(2, Routers.without(Set.of(0), new SoftmaxTopK(4, true)));
    assertEquals(a, b);
    assertEquals(List.of(1, 2), ids(route(a, 4, 9, 8, 7, 6), 0));
  }

  @Test
  void observeSeesRowsTokensAndPositions() {
    List<String> seen = new ArrayList<>();
    Router watched =
        Routers.observe(
            new SoftmaxTopK(1, true),
            (logits, routing) -> {
              for (int row = 0; row < logits.rows(); row++) {
                seen.add(
                    "%d:%d@%d=%d"
                        .formatted(
                            logits.layer(),
                            logits.token(row),
                            logits.position(row),
                            routing.expert(row, 0)));
              }
            });
    RouterLogits all =
        RouterLogits.of(
            7, 2, new float[] {1, 2, 4, 3, 5, 6}, new int[] {10, 11, 12}, new int[] {0, 1, 2});
    Routing routing = Routing.allocate(3, 1, 2);
    watched.route(all.range(1, 3), routing.range(1, 3));
    assertEquals(List.of("7:11@1=0", "7:12@2=1"), seen);
    assertEquals(0, routing.count(0));
  }

  @Test
  void routingRefusesWhatWouldBeWrong() {
    Routing routing = Routing.allocate(1, 2, 4);
    routing.add(0, 3, 0.5f);
    assertThrows(IllegalArgumentException.class, () -> routing.add(0, 3, 0.5f));
    assertThrows(IllegalArgumentException.class, () -> routing.add(0, 4, 0.5f));
    assertThrows(IllegalArgumentException.class, () -> routing.add(0, -1, 0.5f));
    assertThrows(IllegalArgumentException.class, () -> routing.add(0, 0, NAN));
    routing.add(0, 0, -1);
    assertThrows(IllegalArgumentException.class, () -> routing.add(0, 1, 0));
    assertThrows(IndexOutOfBoundsException.class, () -> routing.expert(0, 2));
  }
}
