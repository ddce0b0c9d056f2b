// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.util.List;
import java.util.Optional;
import org.moe4j.bench.Samples;

/**
 * What one engine did on one workload.
 *
 * @param model what was compared
 * @param workload what was timed
 * @param engine name of the engine
 * @param rates tokens a second of each round
 */
record Result(Model model, Workload workload, String engine, Samples rates) {

  /**
   * A file and what it asks of a machine.
   *
   * @param name name in tables
   * @param bytesPerToken weights that a token reads, as stored
   * @param operationsPerToken multiplications and additions with weights for a token of a prompt
   * @param floats whether its weights are floating-point numbers
   */
  record Model(String name, long bytesPerToken, long operationsPerToken, boolean floats) {}

  /** The engines of results, in the order in which they come first. */
  static List<String> engines(List<Result> results) {
    return results.stream().map(Result::engine).distinct().toList();
  }

  /** What an engine did on the same workload with the same file. */
  Optional<Result> of(String other, List<Result> results) {
    return results.stream()
        .filter(result ->
            result.engine.equals(other)
                && result.model.equals(model)
                && result.workload.equals(workload))
        .findFirst();
  }
}
