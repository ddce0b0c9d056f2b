package org.moe4j.template;

/**
 * What one rendering may spend. Steps bound the time, memory bounds every string and list that is
 * built (the output among them), depth bounds nesting of calls and data; each ends in an error,
 * never in an exhausted stack or heap.
 */
final class Budget {
  /** Evaluated nodes and visited elements. */
  static final long STEPS = 20_000_000;

  /** Characters or list slots that may be built in all, before what the size of the input adds. */
  static final long MEMORY = 64L << 20;

  /** How much larger than the input everything that is built may be on top of that. */
  static final long MEMORY_PER_INPUT = 32;

  /** Nested evaluations: calls in calls, loops in loops, data in data. */
  static final int DEPTH = 1000;

  private long steps = STEPS;
  private long memory = MEMORY;
  private int depth;

  /** Called once the values that the caller passed have been measured. */
  void addInput(long characters) {
    memory += MEMORY_PER_INPUT * characters;
  }

  void step() {
    if (--steps < 0) {
      throw new TemplateError("the template takes more than " + STEPS + " steps");
    }
  }

  /** Pays for looking at {@code length} characters or elements without copying them. */
  void scan(long length) {
    steps -= length >> 5;
    step();
  }

  /** Pays, before it is built, for something of {@code length} characters or elements. */
  void allocate(long length) {
    if (length < 0 || length > memory) {
      throw new TemplateError("the template builds more text than it is allowed to");
    }
    memory -= length;
    scan(length);
  }

  /** Pays for {@code count} pieces of {@code length} each, without overflow. */
  void allocate(long count, long length) {
    if (count > 0 && length > 0) {
      allocate(count > memory / length ? Long.MAX_VALUE : count * length);
    }
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
