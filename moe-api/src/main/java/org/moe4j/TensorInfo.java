// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import java.util.List;

/**
 * One tensor of a model file.
 *
 * @param name name in the file
 * @param type element type in the file's own words, such as {@code Q4_K}
 * @param shape dimensions, outermost first
 * @param bytes size in the file
 */
public record TensorInfo(String name, String type, List<Long> shape, long bytes) {

  /** Copies the shape. */
  public TensorInfo {
    shape = List.copyOf(shape);
  }
}
