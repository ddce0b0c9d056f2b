// SPDX-License-Identifier: Apache-2.0
package org.moe4j.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Comparisons of traces that say how far apart they are, and where. */
final class Compare {

  private Compare() {}

  /** Fails when a logit differs by more than a share of the range of the expected ones. */
  static void logits(Trace expected, Trace found, double tolerance, String what) {
    assertEquals(expected.logits().size(), found.logits().size(), what);
    double worst = -1;
    String where = "";
    for (int position = 0; position < expected.logits().size(); position++) {
      float[] right = expected.logits().get(position);
      float[] ours = found.logits().get(position);
      assertEquals(right.length, ours.length, what);
      for (int token = 0; token < right.length; token++) {
        double difference = Math.abs((double) right[token] - ours[token]);
        if (Double.isNaN(difference) || difference > worst) {
          worst = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference;
          where =
              "position %d, token %d: expected %s, found %s"
                  .formatted(position, token, right[token], ours[token]);
        }
      }
    }
    double share = worst / expected.range();
    String message =
        "%s: the largest difference of a logit is %.2e of the range, allowed %.1e; %s"
            .formatted(what, share, tolerance, where);
    assertTrue(share <= tolerance, message);
  }

  /** Normalised mean square error: the squared differences over the squared expected logits. */
  static double error(Trace expected, Trace found) {
    assertEquals(expected.logits().size(), found.logits().size());
    double differences = 0;
    double squares = 0;
    for (int position = 0; position < expected.logits().size(); position++) {
      float[] right = expected.logits().get(position);
      float[] ours = found.logits().get(position);
      assertEquals(right.length, ours.length);
      for (int token = 0; token < right.length; token++) {
        double difference = (double) ours[token] - right[token];
        differences += difference * difference;
        squares += (double) right[token] * right[token];
      }
    }
    return differences / squares;
  }

  /**
   * Fails when a position has other experts or an expert another weight, or when the order differs
   * although the weights of the two are further apart than what is allowed for each.
   */
  static void routing(Trace expected, Trace found, double tolerance, String what) {
    assertEquals(expected.routing().keySet(), found.routing().keySet(), what + ": MoE layers");
    for (int layer : expected.routing().keySet()) {
      List<Choice> right = expected.routing().get(layer);
      List<Choice> ours = found.routing().get(layer);
      assertEquals(right.size(), ours.size(), what);
      for (int position = 0; position < right.size(); position++) {
        String message =
            "%s: layer %d, position %d: expected %s, found %s"
                .formatted(what, layer, position, right.get(position), ours.get(position));
        assertEquals(set(right.get(position)), set(ours.get(position)), message);
        assertTrue(isClose(right.get(position), ours.get(position), tolerance), message);
      }
    }
  }

  private static Set<Integer> set(Choice choice) {
    return new TreeSet<>(choice.experts().asList());
  }

  private static boolean isClose(Choice expected, Choice found, double tolerance) {
    ImmutableIntArray experts = expected.experts();
    ImmutableDoubleArray weights = expected.weights();
    for (int slot = 0; slot < experts.length(); slot++) {
      int there = found.experts().indexOf(experts.get(slot));
      // Where it stands in the other order, and the weight that the expected order has at that
      // place.
      if (Math.abs(found.weights().get(there) - weights.get(slot)) > tolerance
          || Math.abs(weights.get(there) - weights.get(slot)) > 2 * tolerance) {
        return false;
      }
    }
    return true;
  }

  /**
   * Fails when logits, experts or weights differ in a single bit; compares the last positions that
   * both have logits for.
   */
  static void bits(Trace expected, Trace found, String what) {
    int common = Math.min(expected.logits().size(), found.logits().size());
    assertTrue(common > 0, what);
    List<float[]> right = last(expected.logits(), common);
    List<float[]> ours = last(found.logits(), common);
    for (int position = 0; position < common; position++) {
      float[] a = right.get(position);
      float[] b = ours.get(position);
      assertEquals(a.length, b.length, what);
      for (int token = 0; token < a.length; token++) {
        if (Float.floatToRawIntBits(a[token]) != Float.floatToRawIntBits(b[token])) {
          throw new AssertionError(
              "%s: logit %d at position %d of %d is %s in one and %s in the other"
                  .formatted(what, token, position, common, a[token], b[token]));
        }
      }
    }
    assertEquals(text(expected), text(found), what + ": routing");
  }

  private static String text(Trace trace) {
    return trace.routing().entrySet().stream()
        .map(entry -> entry.getKey() + " " + entry.getValue())
        .collect(Collectors.joining("\n"));
  }

  private static <T> List<T> last(List<T> list, int count) {
    return list.subList(list.size() - count, list.size());
  }
}
