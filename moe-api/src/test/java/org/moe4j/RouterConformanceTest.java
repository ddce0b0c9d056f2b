// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.moe4j.ScoredTopK.GroupScore;
import org.moe4j.ScoredTopK.Groups;
import org.moe4j.ScoredTopK.Normalisation;
import org.moe4j.ScoredTopK.Score;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Runs the built-in rules through the router conformance vectors, whose format
 * docs/router-conformance.md describes. {@code src/test/python/make_router_vectors.py} makes them.
 */
class RouterConformanceTest {

  private static final List<String> FILES =
      List.of(
          "softmax",
          "softmax-renormalised",
          "softmax-expert-scale",
          "softmax-groups",
          "softmax-bias",
          "sigmoid",
          "sigmoid-bias-sum",
          "sigmoid-bias-epsilon",
          "sigmoid-bias-groups",
          "sparse-mixer");

  @TestFactory
  Stream<DynamicNode> routesAsTheVectorsSay() {
    return FILES.stream().map(name -> dynamicContainer(name, sets(read(name))));
  }

  private static JsonNode read(String name) {
    try (InputStream in =
        RouterConformanceTest.class.getResourceAsStream("/router-conformance/" + name + ".json")) {
      JsonNode file = JsonMapper.shared().readTree(in);
      assertEquals("router-conformance-1", file.get("format").asString());
      assertEquals(name, file.get("name").asString());
      return file;
    } catch (IOException e) {
      throw new IllegalStateException(name, e);
    }
  }

  private static Stream<DynamicNode> sets(JsonNode file) {
    List<DynamicNode> nodes = new ArrayList<>();
    assertTrue(file.get("sets").size() >= 3);
    for (JsonNode set : file.get("sets")) {
      for (RoutingRule rule : rules(set.get("rule"))) {
        nodes.add(dynamicTest(rule.toString(), () -> check(rule, set.get("cases"))));
      }
    }
    return nodes.stream();
  }

  /** Every built-in rule that the description is of. */
  private static List<RoutingRule> rules(JsonNode rule) {
    if (rule.get("kind").asString().equals("sparse-mixer")) {
      return List.of(new SparseMixer(rule.get("jitter").asDouble()));
    }
    assertEquals("top-k", rule.get("kind").asString());
    ScoredTopK scored =
        new ScoredTopK(
            rule.get("k").asInt(),
            rule.get("score").asString().equals("softmax") ? Score.SOFTMAX : Score.SIGMOID,
            orNull(rule, "bias", RouterConformanceTest::perExpert),
            orNull(rule, "groups", RouterConformanceTest::groups),
            orNull(rule, "normalisation", RouterConformanceTest::normalisation),
            rule.get("scale").asDouble(),
            orNull(rule, "expertScale", RouterConformanceTest::perExpert));
    List<RoutingRule> rules = new ArrayList<>(List.of(scored));
    if (scored.equals(ScoredTopK.softmax(scored.k()))) {
      rules.add(new SoftmaxTopK(scored.k(), false));
    } else if (scored.equals(ScoredTopK.softmax(scored.k()).normalised(0))) {
      rules.add(new SoftmaxTopK(scored.k(), true));
    }
    return rules;
  }

  private static <T> @Nullable T orNull(
      JsonNode rule, String name, BiFunction<JsonNode, String, T> read) {
    return rule.has(name) ? read.apply(rule.get(name), name) : null;
  }

  private static PerExpert perExpert(JsonNode node, String name) {
    return PerExpert.of(floats(node));
  }

  private static Groups groups(JsonNode node, String name) {
    return new Groups(
        node.get("count").asInt(),
        node.get("kept").asInt(),
        node.get("by").asString().equals("best") ? GroupScore.BEST : GroupScore.BEST_TWO);
  }

  private static Normalisation normalisation(JsonNode node, String name) {
    return new Normalisation(node.get("minimum").asDouble(), node.get("epsilon").asDouble());
  }

  private static float[] floats(JsonNode node) {
    float[] values = new float[node.size()];
    for (int i = 0; i < values.length; i++) {
      JsonNode value = node.get(i);
      values[i] = Float.parseFloat(value.isString() ? value.asString() : value.toString());
    }
    return values;
  }

  /** Routes all cases as the rows of one call, so that none may depend on another. */
  private static void check(RoutingRule rule, JsonNode cases) {
    int rows = cases.size();
    int experts = cases.get(0).get("logits").size();
    float[] logits = new float[rows * experts];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(floats(cases.get(row).get("logits")), 0, logits, row * experts, experts);
    }
    assertTrue(rule.fits(experts));
    Routing routing = Routing.allocate(rows, rule.mostExperts(), experts);
    rule.route(RouterLogits.of(0, experts, logits, new int[rows], new int[rows]), routing);
    List<org.junit.jupiter.api.function.Executable> checks = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      int at = row;
      checks.add(() -> checkRow(cases.get(at), routing, at));
    }
    assertAll(checks);
  }

  private static void checkRow(JsonNode expected, Routing routing, int row) {
    String name = expected.get("name").asString();
    List<Integer> wanted = new ArrayList<>();
    expected.get("experts").forEach(id -> wanted.add(id.asInt()));
    List<Integer> chosen = new ArrayList<>();
    for (int slot = 0; slot < routing.count(row); slot++) {
      chosen.add(routing.expert(row, slot));
    }
    assertEquals(wanted, chosen, name);
    float[] weights = floats(expected.get("weights"));
    for (int slot = 0; slot < weights.length; slot++) {
      float weight = routing.weight(row, slot);
      assertTrue(Float.isFinite(weight), name);
      assertEquals(weights[slot], weight, 1e-6f + 1e-5f * Math.abs(weights[slot]), name);
    }
  }
}
