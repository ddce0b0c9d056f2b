// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

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
}
