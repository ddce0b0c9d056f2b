// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.List;

/**
 * A list or a tuple. Templates cannot change either, so both are one immutable value that may be
 * shared.
 *
 * @param items the elements; never modified after construction
 * @param tuple whether this is a tuple
 */
record Seq(List<Object> items, boolean tuple) {

  static Seq list(List<Object> items) {
    return new Seq(items, false);
  }

  static Seq tuple(Object... items) {
    return new Seq(List.of(items), true);
  }

  int size() {
    return items.size();
  }
}
