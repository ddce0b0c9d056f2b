// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.ArrayList;
import java.util.List;

/**
 * A stable merge sort that uses nothing but "less than": unlike the library's it accepts an order
 * that contradicts itself, as NaN makes one.
 */
final class Sorting {

  /** Whether one element sorts before another. */
  interface Order<T> {
    boolean isLess(T a, T b);
  }

  private Sorting() {}

  static <T> List<T> sort(List<T> items, Order<T> order, Budget budget) {
    if (items.size() < 2) {
      return items;
    }
    budget.references(items.size());
    int middle = items.size() / 2;
    List<T> left = sort(items.subList(0, middle), order, budget);
    List<T> right = sort(items.subList(middle, items.size()), order, budget);
    List<T> merged = new ArrayList<>(items.size());
    int i = 0;
    int j = 0;
    while (i < left.size() && j < right.size()) {
      budget.step();
      merged.add(order.isLess(right.get(j), left.get(i)) ? right.get(j++) : left.get(i++));
    }
    merged.addAll(left.subList(i, left.size()));
    merged.addAll(right.subList(j, right.size()));
    return merged;
  }
}
