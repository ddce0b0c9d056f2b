// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;

/**
 * Repeated measurements of one thing.
 *
 * @param values in the order they were taken, at least one
 */
public record Samples(List<Double> values) {

  /** A run that is less than this much faster than the best before it has gained nothing. */
  private static final double STEADY = 0.03;

  /**
   * So many runs in a row that gained nothing show that code is warm: one may have been disturbed,
   * and a compiler takes its time.
   */
  private static final int CALM = 3;

  /** No warm-up goes on for longer. */
  private static final double WARM_UP_SECONDS = 8;

  /** Copies the list. */
  public Samples {
    values = List.copyOf(values);
    if (values.isEmpty()) {
      throw new IllegalArgumentException("no samples");
    }
  }

  /** The middle value; of an even number, the mean of the two in the middle. */
  public double median() {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  /** Distance of the lowest and the highest value, as a share of the median. */
  public double spread() {
    double lowest = values.stream().mapToDouble(value -> value).min().orElseThrow();
    double highest = values.stream().mapToDouble(value -> value).max().orElseThrow();
    return (highest - lowest) / median();
  }

  /**
   * Runs something until compiled code no longer makes it faster, or often or long enough.
   *
   * @param seconds what a run took
   * @param most runs at most, 0 for none
   */
  public static void warmUp(DoubleSupplier seconds, int most) {
    double best = Double.POSITIVE_INFINITY;
    int calm = 0;
    long start = System.nanoTime();
    for (int run = 0; run < most && calm < CALM; run++) {
      double next = seconds.getAsDouble();
      if ((System.nanoTime() - start) / 1e9 > WARM_UP_SECONDS) {
        return;
      }
      calm = next > best * (1 - STEADY) ? calm + 1 : 0;
      best = Math.min(best, next);
    }
  }

  /**
   * Takes samples.
   *
   * @param value takes one
   * @param count how many, at least one
   */
  public static Samples of(DoubleSupplier value, int count) {
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(value.getAsDouble());
    }
    return new Samples(values);
  }
}
