// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.util.Map;
import java.util.Set;
import org.moe4j.MixtureException;

/**
 * The tensors that make up one packed matrix, by what stands behind its name; remembers which were
 * asked for.
 *
 * @param prefix name of the matrix with a dot at its end
 * @param all all tensors of the model
 * @param used receives the names of those that were asked for
 */
record PackedParts(String prefix, Map<String, TensorData> all, Set<String> used) {

  boolean has(String part) {
    return all.containsKey(prefix + part);
  }

  TensorData get(String part) {
    TensorData tensor = all.get(prefix + part);
    if (tensor == null) {
      throw new MixtureException.BadFile(
          all.values().iterator().next().file(),
          prefix + part,
          "this part of a packed tensor is missing",
          null);
    }
    used.add(prefix + part);
    return tensor;
  }
}
