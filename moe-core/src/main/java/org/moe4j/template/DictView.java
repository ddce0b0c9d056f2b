// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

/**
 * What {@code keys()}, {@code values()} and {@code items()} of a dict return: it has a length and
 * can be iterated, but has no elements by index.
 *
 * @param dict the dict
 * @param part which part of an entry is seen
 */
record DictView(Dict dict, Part part) {

  enum Part {
    KEYS,
    VALUES,
    ITEMS
  }
}
