// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

/**
 * What one layer remembers of a sequence: a key and a value a head for each position, and a block
 * of single-precision values for the sequence as a whole, which each position changes.
 *
 * @param heads key-value heads
 * @param keySize width of a key head
 * @param valueSize width of a value head
 * @param recurrent values of the block
 */
public record LayerState(int heads, int keySize, int valueSize, int recurrent) {

  /** Checks the sizes. */
  public LayerState {
    if (heads < 0 || keySize < 0 || valueSize < 0 || recurrent < 0) {
      throw new IllegalArgumentException(
          "heads %d, key size %d, value size %d, recurrent values %d"
              .formatted(heads, keySize, valueSize, recurrent));
    }
  }

  /**
   * Keys and values alone.
   *
   * @param heads key-value heads
   * @param keySize width of a key head
   * @param valueSize width of a value head
   */
  public LayerState(int heads, int keySize, int valueSize) {
    this(heads, keySize, valueSize, 0);
  }

  /**
   * A block for the sequence alone.
   *
   * @param values single-precision values of the block
   */
  public static LayerState recurrent(int values) {
    return new LayerState(0, 0, 0, values);
  }

  /** Values stored for a position. */
  public long values() {
    return (long) heads * (keySize + valueSize);
  }
}
