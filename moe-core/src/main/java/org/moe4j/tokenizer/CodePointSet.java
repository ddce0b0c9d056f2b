// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.util.Arrays;

/**
 * An immutable set of Unicode code points, kept as the sorted positions where membership changes:
 * code points from {@code bounds[0]} up to {@code bounds[1]} exclusive are members, those up to
 * {@code bounds[2]} are not, and so on.
 */
final class CodePointSet {

  static final int LIMIT = Character.MAX_CODE_POINT + 1;
  static final CodePointSet EMPTY = new CodePointSet(new int[0]);

  private final int[] bounds;

  private CodePointSet(int[] bounds) {
    this.bounds = bounds;
  }

  /** The code points from {@code first} to {@code last}, both included. */
  static CodePointSet range(int first, int last) {
    if (first < 0 || last < first || last >= LIMIT) {
      throw new IllegalArgumentException("code points " + first + " to " + last);
    }
    return last + 1 == LIMIT
        ? new CodePointSet(new int[] {first})
        : new CodePointSet(new int[] {first, last + 1});
  }

  static CodePointSet of(int codePoint) {
    return range(codePoint, codePoint);
  }

  CodePointSet union(CodePointSet other) {
    return combine(other, 1);
  }

  CodePointSet intersection(CodePointSet other) {
    return combine(other, 2);
  }

  CodePointSet complement() {
    if (bounds.length > 0 && bounds[0] == 0) {
      return new CodePointSet(Arrays.copyOfRange(bounds, 1, bounds.length));
    }
    int[] inverted = new int[bounds.length + 1];
    System.arraycopy(bounds, 0, inverted, 1, bounds.length);
    return new CodePointSet(inverted);
  }

  /** The code points that at least {@code needed} of this set and the other one hold. */
  private CodePointSet combine(CodePointSet other, int needed) {
    int[] a = bounds;
    int[] b = other.bounds;
    int[] merged = new int[a.length + b.length];
    int size = 0;
    boolean inside = false;
    for (int i = 0, j = 0; i < a.length || j < b.length; ) {
      int next = Math.min(i < a.length ? a[i] : LIMIT, j < b.length ? b[j] : LIMIT);
      if (i < a.length && a[i] == next) {
        i++;
      }
      if (j < b.length && b[j] == next) {
        j++;
      }
      // After an odd number of bounds a position lies inside.
      boolean now = (i & 1) + (j & 1) >= needed;
      if (now != inside) {
        merged[size++] = next;
        inside = now;
      }
    }
    return new CodePointSet(Arrays.copyOf(merged, size));
  }

  boolean contains(int codePoint) {
    int at = Arrays.binarySearch(bounds, codePoint);
    int passed = at >= 0 ? at + 1 : -at - 1;
    return (passed & 1) == 1;
  }

  boolean isEmpty() {
    return bounds.length == 0;
  }

  boolean isDisjoint(CodePointSet other) {
    return intersection(other).isEmpty();
  }

  /** The number of members. */
  int size() {
    int size = 0;
    for (int i = 0; i < bounds.length; i += 2) {
      size += (i + 1 < bounds.length ? bounds[i + 1] : LIMIT) - bounds[i];
    }
    return size;
  }

  /** The positions where membership changes, ascending; the first one is where it begins. */
  int[] bounds() {
    return bounds.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CodePointSet set && Arrays.equals(bounds, set.bounds);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bounds);
  }

  /** Builds a set from stretches of code points in ascending order. */
  static final class Builder {
    private int[] bounds = new int[64];
    private int size;

    /** Code points from {@code start} to the next start are members, or are not. */
    void next(int start, boolean member) {
      if (member == ((size & 1) == 1)) {
        return;
      }
      if (size == bounds.length) {
        bounds = Arrays.copyOf(bounds, 2 * size);
      }
      bounds[size++] = start;
    }

    CodePointSet build() {
      return new CodePointSet(Arrays.copyOf(bounds, size));
    }
  }
}
