// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.List;
import java.util.Map;

/**
 * The evaluated arguments of a call.
 *
 * @param positional plain arguments
 * @param named keyword arguments
 */
record Arguments(List<Object> positional, Map<String, Object> named) {
  static final Arguments NONE = new Arguments(List.of(), Map.of());

  /** These arguments without the first {@code count} positional ones. */
  Arguments drop(int count) {
    return new Arguments(positional.subList(count, positional.size()), named);
  }
}
