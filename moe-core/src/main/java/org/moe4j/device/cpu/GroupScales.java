// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * Unpacks the scales and centres of a quantised tile to floats, 64 for each group of columns.
 *
 * <p>They are halves, or signed bytes times halves that a whole run of groups has in common. 64
 * halves are 32 ints, the low half of int {@code i} for row {@code i} and the high half for row
 * {@code i + 32}; 64 bytes are 16 ints, byte {@code b} of int {@code i} for row {@code i + 16 b}.
 *
 * <p>Halves are stored times a power of two, so that none is subnormal; that power's inverse times
 * 2^112 is part of the factors, because a half's bits shifted into a float's place are 2^112 times
 * too small.
 */
interface GroupScales {

  /** Bytes of 64 halves. */
  int HALVES = 128;

  /** Bytes of 64 bytes. */
  int BYTES = 64;

  /**
   * Halves as they are.
   *
   * @param from address of the first group's
   * @param step bytes from one group's to the next's
   * @param groups number of groups
   * @param to receives them, at {@code 64 g} those of group {@code g}
   */
  void halves(long from, long step, int groups, float[] to);

  /**
   * Bytes times halves.
   *
   * @param units address of the halves
   * @param from address of the first group's bytes
   * @param step bytes from one group's to the next's
   * @param groups number of groups
   * @param to receives the products, at {@code 64 g} those of group {@code g}
   */
  void bytes(long units, long from, long step, int groups, float[] to);

  /**
   * From the minima of groups what is in the middle of their lowered integers: {@code offset x
   * scale + minimum}, rounded once.
   *
   * @param groups number of groups
   * @param offset what integers were lowered by
   * @param scales the groups' scales, at {@code 64 g} those of group {@code g}
   * @param minima likewise; receives the centres
   */
  void centre(int groups, int offset, float[] scales, float[] minima);
}
