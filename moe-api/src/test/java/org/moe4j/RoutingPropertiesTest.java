// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.moe4j.ScoredTopK.GroupScore;
import org.moe4j.ScoredTopK.Groups;
import org.moe4j.ScoredTopK.Normalisation;

/**
 * What holds for every rule and every wrapper, tried with random logits among them the odd ones.
 */
class RoutingPropertiesTest {

  private static final float[] ODD = {
    Float.NaN,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    Float.MIN_VALUE,
    0f,
    -0f,
    1f
  };

  private static final int ROWS = 40;

  /** One of each kind for a layer of so many experts, a multiple of 4. */
  private static List<RoutingRule> rules(Random random, int experts) {
    int k = 1 + random.nextInt(experts / 2);
    PerExpert bias = values(random, experts);
    ScoredTopK sigmoid = ScoredTopK.sigmoid(k);
    return List.of(
        new SoftmaxTopK(k, false),
        new SoftmaxTopK(k, true),
        new SoftmaxTopK(experts + 3, true),
        ScoredTopK.softmax(k).normalised(0).withExpertScale(values(random, experts)),
        ScoredTopK.softmax(k).withGroups(new Groups(4, 2, GroupScore.BEST)).withScale(16),
        ScoredTopK.softmax(k).withBias(bias).withNormalisation(new Normalisation(1e-12, 0)),
        sigmoid,
        sigmoid.withBias(bias).normalised(0),
        sigmoid.withBias(bias).normalised(1e-6).withScale(1.5),
        sigmoid
            .withBias(bias)
            .withGroups(new Groups(2, 1, GroupScore.BEST_TWO))
            .normalised(1e-20)
            .withScale(2.5),
        new SparseMixer(0.01));
  }

  private static PerExpert values(Random random, int experts) {
    float[] values = new float[experts];
    for (int expert = 0; expert < experts; expert++) {
      values[expert] = (float) random.nextGaussian();
    }
    return PerExpert.of(values);
  }

  /** Rows of ordinary logits, of few distinct ones, and of ordinary and odd ones mixed. */
  private static float[] logits(Random random, int experts) {
    float[] logits = new float[ROWS * experts];
    for (int i = 0; i < logits.length; i++) {
      int row = i / experts;
      logits[i] =
          switch (row % 3) {
            case 0 -> (float) (3 * random.nextGaussian());
            case 1 -> random.nextInt(3);
            default ->
                random.nextInt(3) == 0
                    ? ODD[random.nextInt(ODD.length)]
                    : (float) random.nextGaussian();
          };
    }
    return logits;
  }

  private static Routing route(Router router, int experts, float[] logits) {
    int rows = logits.length / experts;
    Routing routing = Routing.allocate(rows, router.mostExperts(), experts);
    router.route(view(experts, logits), routing);
    return routing;
  }

  private static RouterLogits view(int experts, float[] logits) {
    int rows = logits.length / experts;
    return RouterLogits.of(0, experts, logits, new int[rows], new int[rows]);
  }

  private static List<Integer> ids(Routing routing, int row) {
    return IntStream.range(0, routing.count(row))
        .mapToObj(slot -> routing.expert(row, slot))
        .toList();
  }

  private static double weights(Routing routing, int row) {
    return IntStream.range(0, routing.count(row)).mapToDouble(s -> routing.weight(row, s)).sum();
  }

  private static void assertValid(Routing routing, int row, RoutingRule rule) {
    List<Integer> ids = ids(routing, row);
    assertTrue(!ids.isEmpty() && ids.size() <= rule.mostExperts(), rule::toString);
    assertEquals(ids.size(), new HashSet<>(ids).size(), rule::toString);
    for (int slot = 0; slot < ids.size(); slot++) {
      assertTrue(Float.isFinite(routing.weight(row, slot)), rule::toString);
    }
  }

  private interface Property {

    void holds(RoutingRule rule, int experts, float[] logits, Random random);
  }

  private static void forAll(Property property) {
    Random random = new Random(20);
    for (int round = 0; round < 30; round++) {
      int experts = 4 * (1 + random.nextInt(8));
      for (RoutingRule rule : rules(random, experts)) {
        assertTrue(rule.fits(experts), rule::toString);
        property.holds(rule, experts, logits(random, experts), random);
      }
    }
  }

  @Test
  void everyRowHasAsManyDistinctExpertsAsTheRuleChoosesAndFiniteWeights() {
    forAll((rule, experts, logits, random) -> {
      Routing routing = route(rule, experts, logits);
      for (int row = 0; row < ROWS; row++) {
        assertValid(routing, row, rule);
        assertEquals(Math.min(rule.mostExperts(), experts), routing.count(row));
      }
    });
  }

  @Test
  void aRowDoesNotDependOnItsNeighbours() {
    forAll((rule, experts, logits, random) -> {
      Routing all = route(rule, experts, logits);
      int row = random.nextInt(ROWS);
      float[] one = Arrays.copyOfRange(logits, row * experts, (row + 1) * experts);
      Routing alone = route(rule, experts, one);
      assertEquals(ids(all, row), ids(alone, 0));
      for (int slot = 0; slot < alone.count(0); slot++) {
        assertEquals(all.weight(row, slot), alone.weight(0, slot));
      }
    });
  }

  @Test
  void atMostKeepsTheHighestWeightsOfEveryRuleAndTheirSum() {
    forAll((rule, experts, logits, random) -> {
      int limit = 1 + random.nextInt(3);
      Routing full = route(rule, experts, logits);
      Routing cut = route(Routers.atMost(limit, rule), experts, logits);
      Routing bare = route(new Routers.AtMost(limit, rule, false), experts, logits);
      for (int row = 0; row < ROWS; row++) {
        assertValid(cut, row, rule);
        assertEquals(Math.min(limit, full.count(row)), cut.count(row));
        assertEquals(ids(bare, row), ids(cut, row));
        double lowest = Double.POSITIVE_INFINITY;
        for (int slot = 0; slot < bare.count(row); slot++) {
          int before = ids(full, row).indexOf(bare.expert(row, slot));
          assertEquals(full.weight(row, before), bare.weight(row, slot));
          lowest = Math.min(lowest, bare.weight(row, slot));
        }
        for (int slot = 0; slot < full.count(row); slot++) {
          boolean kept = ids(cut, row).contains(full.expert(row, slot));
          assertTrue(kept || full.weight(row, slot) <= lowest);
        }
        if (weights(bare, row) > 1e-3) {
          assertEquals(weights(full, row), weights(cut, row), 1e-4, rule::toString);
        }
      }
    });
  }

  @Test
  void whatIsLeftOutMightAsWellNotExist() {
    forAll((rule, experts, logits, random) -> {
      Set<Integer> out = new HashSet<>();
      int most = random.nextInt(experts);
      for (int i = 0; i < most; i++) {
        out.add(random.nextInt(experts));
      }
      Routing masked = route(Routers.without(out, rule), experts, logits);
      int[] left = IntStream.range(0, experts).filter(e -> !out.contains(e)).toArray();
      for (int row = 0; row < ROWS; row++) {
        assertValid(masked, row, rule);
        for (int expert : ids(masked, row)) {
          assertFalse(out.contains(expert), rule::toString);
        }
      }
      if (!(rule instanceof ScoredTopK scored && scored.groups() != null)) {
        assertSame(masked, left, route(among(left, rule), left.length, columns(left, logits)));
      }
    });
  }

  private static void assertSame(Routing masked, int[] left, Routing reduced) {
    for (int row = 0; row < ROWS; row++) {
      assertEquals(ids(reduced, row).stream().map(id -> left[id]).toList(), ids(masked, row));
      for (int slot = 0; slot < reduced.count(row); slot++) {
        assertEquals(reduced.weight(row, slot), masked.weight(row, slot));
      }
    }
  }

  private static RoutingRule among(int[] left, RoutingRule rule) {
    if (!(rule instanceof ScoredTopK scored)) {
      return rule;
    }
    return scored
        .withBias(scored.bias() == null ? null : among(left, scored.bias()))
        .withExpertScale(scored.expertScale() == null ? null : among(left, scored.expertScale()));
  }

  private static PerExpert among(int[] left, PerExpert values) {
    float[] kept = new float[left.length];
    for (int i = 0; i < left.length; i++) {
      kept[i] = values.get(left[i]);
    }
    return PerExpert.of(kept);
  }

  private static float[] columns(int[] left, float[] logits) {
    int experts = logits.length / ROWS;
    float[] kept = new float[ROWS * left.length];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = logits[i / left.length * experts + left[i % left.length]];
    }
    return kept;
  }

  @Test
  void wrappersAgreeInAnyOrder() {
    forAll((rule, experts, logits, random) -> {
      Set<Integer> out = Set.of(0, experts - 1);
      Router inner = Routers.atMost(2, Routers.without(out, rule));
      Router outer = Routers.without(out, Routers.atMost(2, rule));
      Routing a = route(inner, experts, logits);
      Routing b = route(outer, experts, logits);
      List<List<Integer>> seen = new ArrayList<>();
      Router watched =
          Routers.observe(
              inner,
              (rows, routing) -> {
                for (int row = 0; row < rows.rows(); row++) {
                  seen.add(ids(routing, row));
                }
              });
      route(watched, experts, logits);
      for (int row = 0; row < ROWS; row++) {
        assertEquals(ids(a, row), ids(b, row), rule::toString);
        assertEquals(ids(a, row), seen.get(row));
      }
    });
  }

  @Test
  void rulesAllocateNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Random random = new Random(3);
    RouterLogits logits = view(16, logits(random, 16));
    for (RoutingRule rule : rules(random, 16)) {
      for (Router router : List.of(rule, Routers.atMost(2, rule))) {
        Routing routing = Routing.allocate(ROWS, router.mostExperts(), 16);
        long least = Long.MAX_VALUE;
        // The first call may load classes, and a compiled method may be thrown away in a later one.
        for (int attempt = 0; attempt < 5; attempt++) {
          routing.clear();
          long before = threads.getCurrentThreadAllocatedBytes();
          router.route(logits, routing);
          least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertEquals(0, least, router::toString);
      }
    }
  }
}
