// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.util.Optional;

/**
 * Takes blocks of a quantised type apart: into small integers, and a scale and a minimum for each
 * group of elements, so that {@code weight = scale x integer + minimum}. Types {@linkplain
 * #hasUnits with units} have in their place integers of 8 bits, which are multiplied by a number
 * for the whole block. Stateless.
 *
 * <p>Computed in single precision, in that order, and without the sum where the type has no minima,
 * the weights have the bits that the reference implementation gives.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/tree/master/gguf-py/gguf">gguf.quants</a>
 */
public sealed interface BlockDecoder
    permits BasicBlocks, KBlocks, TableBlocks, TernaryBlocks, CodebookBlocks, IntegerBlocks {

  /**
   * The decoder of a type.
   *
   * @param type any type
   * @return empty for types that are not quantised and for those that cannot be decoded here
   */
  static Optional<BlockDecoder> of(TensorType type) {
    return Optional.ofNullable(BlockDecoders.BY_TYPE.get(type));
  }

  /** The type. */
  TensorType type();

  /** Consecutive elements that share a scale: 16 or 32. */
  int group();

  /** Whether groups have minima. */
  boolean hasMinima();

  /** Whether scales and minima are integers of 8 bits times the units of their block. */
  default boolean hasUnits() {
    return false;
  }

  /**
   * What the scales of a block are multiplied by; 1 for a type without units.
   *
   * @param in bytes with the block
   * @param at where the block begins
   */
  default float unit(byte[] in, int at) {
    return 1;
  }

  /**
   * What the minima of a block are multiplied by; 1 for a type without units.
   *
   * @param in bytes with the block
   * @param at where the block begins
   */
  default float minimumUnit(byte[] in, int at) {
    return 1;
  }

  /** The smallest integer that a block can hold. */
  int least();

  /** The largest integer that a block can hold. */
  int most();

  /**
   * Scales and minima of one block, in its units where the type has them.
   *
   * @param in bytes with the block
   * @param at where the block begins
   * @param scales receives one scale a group
   * @param minima receives one minimum a group where the type has minima
   * @param to index of the first group
   */
  void scales(byte[] in, int at, float[] scales, float[] minima, int to);

  /**
   * Integers of one block.
   *
   * @param in bytes with the block
   * @param at where the block begins
   * @param values receives one integer an element
   * @param to index of the first element
   */
  void values(byte[] in, int at, byte[] values, int to);
}
