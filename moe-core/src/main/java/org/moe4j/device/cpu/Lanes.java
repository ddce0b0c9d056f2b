// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector width of this process, and loads through {@link Native}. The width is what the
 * processor prefers, at most 512 bits, or what the system property {@code moe4j.vector.bits} (128,
 * 256 or 512) says. No result depends on it.
 *
 * <p>The species are constants, because the compiler makes vector code of constant species only.
 */
final class Lanes {

  /** Bits of a vector. */
  static final int BITS = bits();

  /** Bytes of a vector. */
  static final int BYTES = BITS / Byte.SIZE;

  /** Floats, or ints, of a vector. */
  static final int COUNT = BITS / Float.SIZE;

  private static final VectorShape SHAPE = VectorShape.forBitSize(BITS);

  /** Floats. */
  static final VectorSpecies<Float> F = VectorSpecies.of(float.class, SHAPE);

  /** Ints. */
  static final VectorSpecies<Integer> I = VectorSpecies.of(int.class, SHAPE);

  /** Shorts. */
  static final VectorSpecies<Short> S = VectorSpecies.of(short.class, SHAPE);

  private Lanes() {}

  private static int bits() {
    int preferred = FloatVector.SPECIES_PREFERRED.vectorBitSize();
    int bits = Integer.getInteger("moe4j.vector.bits", Math.clamp(preferred, 128, 512));
    if (bits != 128 && bits != 256 && bits != 512) {
      throw new IllegalArgumentException("moe4j.vector.bits must be 128, 256 or 512, was " + bits);
    }
    return bits;
  }

  /** Ints from memory. */
  static IntVector ints(long address) {
    return IntVector.fromMemorySegment(
        I, Native.segment(address), Native.offset(address), LITTLE_ENDIAN);
  }

  /** Floats from memory. */
  static FloatVector floats(long address) {
    return FloatVector.fromMemorySegment(
        F, Native.segment(address), Native.offset(address), LITTLE_ENDIAN);
  }

  /** A pair of quantised activations in every int, seen as shorts. */
  static ShortVector pair(int value) {
    return IntVector.broadcast(I, value).reinterpretAsShorts();
  }

  /** The sum of the two signed halves of each int. */
  static IntVector halves(IntVector both) {
    return both.lanewise(LSHL, 16).lanewise(ASHR, 16).add(both.lanewise(ASHR, 16));
  }

  /**
   * Which pair of eight columns the {@code n}th shift by four bits brings down: an int has the
   * nibbles of columns 0 and 2 at bit 0, of 4 and 6 at bit 4, of 1 and 3 at bit 8, of 5 and 7 at
   * bit 12.
   */
  static int turn(int n) {
    return (n & 1) << 1 | n >> 1;
  }
}
