// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

/**
 * What one rendering may spend. Steps bound the time, memory bounds everything that is built (the
 * output among it), depth bounds nesting of calls and data; each ends in an error, never in an
 * exhausted stack or heap. Memory is not given back: it bounds what was ever built.
 */
final class Budget {
  /** Evaluated nodes and visited elements. */
  static final long STEPS = 20_000_000;

  /**
   * Bytes that may be built in all, before what the size of the input adds. On a small heap it is
   * an eighth of that, since a text that grows is there more than once.
   */
  static final long MEMORY = Math.min(256L << 20, Runtime.getRuntime().maxMemory() / 8);

  /** Bytes that may be built on top of that for each character of the input. */
  static final long MEMORY_PER_CHARACTER = 64;

  /** Nested evaluations: calls in calls, loops in loops, data in data. */
  static final int DEPTH = 500;

  private static final int CHARACTER = 2;
  private static final int REFERENCE = 8;
  private static final int OBJECT = 64;

  private long steps = STEPS;
  private long memory = MEMORY;
  private int depth;

  /** Called once the values that the caller passed have been measured. */
  void addInput(long characters) {
    memory += MEMORY_PER_CHARACTER * characters;
  }

  void step() {
    if (--steps < 0) {
      throw new TemplateError("the template takes more than " + STEPS + " steps");
    }
  }

  /** Pays for looking at so many characters or elements without copying them. */
  void scan(long length) {
    steps -= length >> 5;
    step();
  }

  /** Pays, before it is built, for text. */
  void text(long characters) {
    allocate(characters, CHARACTER);
    scan(characters);
  }

  /** Pays for {@code count} texts of {@code characters} each. */
  void text(long count, long characters) {
    text(product(count, characters));
  }

  /** Pays for a list of values that exist already. */
  void references(long count) {
    allocate(count, REFERENCE);
    scan(count);
  }

  /** Pays for {@code count} copies of a list. */
  void references(long count, long size) {
    references(product(count, size));
  }

  /** The product, or more than any budget where it overflows. */
  private static long product(long a, long b) {
    if (a <= 0 || b <= 0) {
      return 0;
    }
    return a > Long.MAX_VALUE / b ? Long.MAX_VALUE : a * b;
  }

  /** Pays for small new values or entries. */
  void objects(long count) {
    allocate(count, OBJECT);
    scan(count);
  }

  private void allocate(long count, int bytes) {
    if (count > memory / bytes) {
      throw new TemplateError("the template builds more than it is allowed to");
    }
    memory -= Math.max(count, 0) * bytes;
  }

  void enter() {
    step();
    if (++depth > DEPTH) {
      throw new TemplateError("nesting of more than " + DEPTH + " levels");
    }
  }

  void leave() {
    depth--;
  }
}
