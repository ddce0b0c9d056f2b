// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.moe4j.ScoredTopK.GroupScore;
import org.moe4j.ScoredTopK.Groups;
import org.moe4j.ScoredTopK.Normalisation;

class RoutingRulesTest {

  private static Routing route(Router router, float... logits) {
    Routing routing = Routing.allocate(1, router.mostExperts(), logits.length);
    router.route(RouterLogits.of(0, logits.length, logits, new int[1], new int[1]), routing);
    return routing;
  }

  private static List<Integer> ids(Routing routing) {
    List<Integer> ids = new ArrayList<>();
    for (int slot = 0; slot < routing.count(0); slot++) {
      ids.add(routing.expert(0, slot));
    }
    return ids;
  }

  private static void assertWeights(Routing routing, double... weights) {
    assertEquals(weights.length, routing.count(0));
    for (int slot = 0; slot < weights.length; slot++) {
      assertEquals(weights[slot], routing.weight(0, slot), 1e-6, "slot " + slot);
    }
  }

  /** The logit whose sigmoid is {@code p}. */
  private static float logit(double p) {
    return (float) Math.log(p / (1 - p));
  }

  @Test
  void theBiasChangesTheChoiceButNotTheWeights() {
    ScoredTopK rule = ScoredTopK.sigmoid(2).withBias(PerExpert.of(0, 0, 0.5f, -0.5f));
    Routing routing = route(rule, logit(0.2), logit(0.4), logit(0.3), logit(0.9));
    assertEquals(List.of(2, 1), ids(routing));
    assertWeights(routing, 0.3, 0.4);
    routing =
        route(rule.normalised(0).withScale(2.5), logit(0.2), logit(0.4), logit(0.3), logit(0.9));
    assertWeights(routing, 0.3 / 0.7 * 2.5, 0.4 / 0.7 * 2.5);
  }

  @Test
  void groupsAreKeptByTheirBestOrByTheirBestTwo() {
    float[] logits = {logit(0.9), logit(0.1), logit(0.6), logit(0.5)};
    ScoredTopK rule = ScoredTopK.sigmoid(2);
    Routing best = route(rule.withGroups(new Groups(2, 1, GroupScore.BEST)), logits);
    assertEquals(List.of(0, 1), ids(best));
    assertWeights(best, 0.9, 0.1);
    Routing two = route(rule.withGroups(new Groups(2, 1, GroupScore.BEST_TWO)), logits);
    assertEquals(List.of(2, 3), ids(two));
    assertWeights(two, 0.6, 0.5);
  }

  @Test
  void nothingOutsideTheKeptGroupsIsChosenWhenAllBiasedScoresAreNegative() {
    ScoredTopK rule =
        ScoredTopK.sigmoid(2)
            .withBias(PerExpert.of(-2, -2, -2, -2))
            .withGroups(new Groups(2, 1, GroupScore.BEST_TWO));
    assertEquals(List.of(3, 2), ids(route(rule, 0, 0, 1, 2)));
  }

  @Test
  void normalisationHasAFloorAndAnEpsilon() {
    ScoredTopK rule = ScoredTopK.sigmoid(2);
    float[] logits = {logit(0.1), logit(0.2), logit(0.01)};
    assertWeights(route(rule.normalised(0.1), logits), 0.5, 0.25);
    assertWeights(route(rule.withNormalisation(new Normalisation(0.5, 0)), logits), 0.4, 0.2);
    float none = Float.NEGATIVE_INFINITY;
    assertWeights(route(rule.normalised(0), none, none, none), 0.5, 0.5);
    assertWeights(route(rule.normalised(1e-6), none, none, none), 0, 0);
  }

  @Test
  void eachExpertMayHaveItsScale() {
    ScoredTopK rule = ScoredTopK.softmax(2).normalised(0).withExpertScale(PerExpert.of(1, 2, 3, 4));
    Routing routing = route(rule, 0, (float) Math.log(3), -5, -5);
    assertEquals(List.of(1, 0), ids(routing));
    assertWeights(routing, 0.75 * 2, 0.25);
  }

  @Test
  void softmaxOfTheChosenLogitsIsRenormalisedSoftmax() {
    float[] logits = {1, 3, 2.5f, -1, 0};
    Routing plain = route(new SoftmaxTopK(3, true), logits);
    Routing scored = route(ScoredTopK.softmax(3).normalised(0), logits);
    assertEquals(ids(plain), ids(scored));
    for (int slot = 0; slot < 3; slot++) {
      assertEquals(plain.weight(0, slot), scored.weight(0, slot), 1e-7);
    }
  }

  @Test
  void sparseMixerWeighsAmongWhatIsClose() {
    // 0.99 is within 2 % of 1, 0.9 is not; without the best, 0.9 is not within 2 % of 0.99 either.
    Routing routing = route(new SparseMixer(0.01), 0.9f, 1, 0.99f, -3);
    assertEquals(List.of(1, 2), ids(routing));
    assertWeights(routing, 1 / (1 + Math.exp(-0.01)), 1);
    assertEquals(List.of(0), ids(route(new SparseMixer(0.01), 7)));
  }

  @Test
  void whatIsLeftOutCountsForNothingWhateverItsBias() {
    ScoredTopK rule =
        ScoredTopK.sigmoid(2)
            .withBias(PerExpert.of(9, 9, 0, 0, 0.1f, 0))
            .withGroups(new Groups(3, 1, GroupScore.BEST_TWO));
    float[] logits = {5, 5, 1, 0, 1, 0};
    assertEquals(List.of(0, 1), ids(route(rule, logits)));
    assertEquals(List.of(4, 5), ids(route(Routers.without(Set.of(0, 1), rule), logits)));
    Router nested = Routers.without(Set.of(0), Routers.without(Set.of(1, 4), rule));
    assertEquals(List.of(2, 3), ids(route(nested, logits)));
    Router mixer = Routers.without(Set.of(1, 77), new SparseMixer(0.01));
    assertEquals(List.of(2, 0), ids(route(mixer, 1, 9, 2)));
    assertEquals(List.of(2), ids(route(Routers.without(Set.of(0, 1), mixer), 1, 9, 2)));
  }

  @Test
  void rulesAreValues() {
    ScoredTopK a = ScoredTopK.sigmoid(8).withBias(PerExpert.of(1, 2)).normalised(1e-20);
    ScoredTopK b = ScoredTopK.sigmoid(8).withBias(PerExpert.of(1, 2)).normalised(1e-20);
    assertEquals(a, b);
    assertEquals(a.hashCode(), b.hashCode());
    assertNotEquals(a, a.withBias(PerExpert.of(1, 3)));
    float[] values = {1, 2};
    PerExpert copied = PerExpert.of(values);
    values[0] = 5;
    assertEquals(1, copied.get(0));
  }

  @Test
  void aRuleSaysWhetherItFitsALayer() {
    ScoredTopK biased = ScoredTopK.sigmoid(2).withBias(PerExpert.of(1, 2, 3));
    assertTrue(biased.fits(3));
    assertFalse(biased.fits(4));
    assertThrows(IllegalArgumentException.class, () -> route(biased, 1, 2, 3, 4));
    ScoredTopK grouped = ScoredTopK.sigmoid(4).withGroups(new Groups(4, 1, GroupScore.BEST_TWO));
    assertTrue(grouped.fits(16));
    assertFalse(grouped.fits(8), "one kept group of two experts has no four");
    assertFalse(grouped.fits(18));
    assertFalse(ScoredTopK.sigmoid(1).withGroups(grouped.groups()).fits(4));
    assertTrue(Routers.atMost(1, biased).fits(3));
    assertFalse(Routers.without(Set.of(0, 1, 2), biased).fits(3));
    Router own = (logits, routing) -> routing.add(0, 0, 1);
    assertFalse(Routers.atMost(1, own).fits(3), "nobody knows what a caller's router does");
  }

  @Test
  void numbersThatCannotBeWeightsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> ScoredTopK.sigmoid(0));
    assertThrows(IllegalArgumentException.class, () -> PerExpert.of(1, Float.NaN));
    assertThrows(IllegalArgumentException.class, () -> PerExpert.of());
    assertThrows(IllegalArgumentException.class, () -> ScoredTopK.sigmoid(1).withScale(1e39));
    assertThrows(
        IllegalArgumentException.class,
        () -> ScoredTopK.sigmoid(1).withScale(1e20).withExpertScale(PerExpert.of(1e20f)));
    assertThrows(IllegalArgumentException.class, () -> new Normalisation(0, -1e-20));
    assertThrows(IllegalArgumentException.class, () -> new Normalisation(Double.NaN, 0));
    assertThrows(IllegalArgumentException.class, () -> new Groups(4, 5, GroupScore.BEST));
    assertThrows(IllegalArgumentException.class, () -> new SparseMixer(Double.NaN));
  }

  @Test
  void aRoutingThatIsTooNarrowIsRefused() {
    Routing narrow = Routing.allocate(1, 1, 3);
    RouterLogits logits = RouterLogits.of(0, 3, new float[3], new int[1], new int[1]);
    Router rule = new SoftmaxTopK(2, true);
    assertThrows(IllegalArgumentException.class, () -> rule.route(logits, narrow));
    Routing other = Routing.allocate(1, 2, 4);
    assertThrows(IllegalArgumentException.class, () -> rule.route(logits, other));
  }
}
