// SPDX-License-Identifier: Apache-2.0
package org.moe4j.parity;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What came out for the positions of one sequence.
 *
 * @param logits for each position that wanted them, in order
 * @param routing for each layer with experts, the choices at all positions
 */
record Trace(List<float[]> logits, Map<Integer, List<Choice>> routing) {

  /** A trace that grows. */
  Trace() {
    this(new ArrayList<>(), new TreeMap<>());
  }

  /** The distance of the largest logit from the smallest, over all positions. */
  double range() {
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    for (float[] row : logits) {
      for (float value : row) {
        least = Math.min(least, value);
        most = Math.max(most, value);
      }
    }
    return most - least;
  }
}
