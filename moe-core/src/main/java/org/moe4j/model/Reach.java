// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

/** Which positions an attention layer sees from a position: those from a first one up to itself. */
public sealed interface Reach {

  /** All positions. */
  Reach ALL = new All();

  /**
   * The first position that is seen; never falls as the position grows.
   *
   * @param position the position that looks, 0 or more
   */
  int first(int position);

  /** All positions. */
  record All() implements Reach {
    @Override
    public int first(int position) {
      return 0;
    }
  }

  /**
   * The last positions, the own one included.
   *
   * @param positions how many, at least 1
   */
  record Window(int positions) implements Reach {

    /** Checks the width. */
    public Window {
      requirePositive(positions);
    }

    @Override
    public int first(int position) {
      return Math.max(0, position - positions + 1);
    }
  }

  /**
   * The positions of the same chunk; chunks follow one another from position 0.
   *
   * @param positions length of a chunk, at least 1
   */
  record Chunk(int positions) implements Reach {

    /** Checks the length. */
    public Chunk {
      requirePositive(positions);
    }

    @Override
    public int first(int position) {
      return position / positions * positions;
    }
  }

  private static void requirePositive(int positions) {
    if (positions < 1) {
      throw new IllegalArgumentException("positions must be at least 1, was " + positions);
    }
  }
}
