// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.util.List;

/**
 * What one engine did on one workload.
 *
 * @param model name of the file
 * @param workload what was timed
 * @param engine name of the engine
 * @param rates tokens a second of each round
 * @param bytesPerToken weights that a token reads, as stored
 */
record Result(
    String model, Workload workload, String engine, List<Double> rates, long bytesPerToken) {

  /** Copies the list. */
  Result {
    rates = List.copyOf(rates);
  }

  /** The middle rate. */
  double median() {
    List<Double> sorted = rates.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  /** Distance of the slowest and the fastest round, as a share of the median. */
  double spread() {
    double lowest = rates.stream().mapToDouble(rate -> rate).min().orElse(0);
    double highest = rates.stream().mapToDouble(rate -> rate).max().orElse(0);
    return (highest - lowest) / median();
  }
}
