// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.util.Optional;

/**
 * Floats of 8 bits: a sign, an exponent, a fraction.
 *
 * @see <a href="https://arxiv.org/abs/2209.05433">FP8 Formats for Deep Learning</a>
 */
public enum Float8 {
  /** 4 bits of exponent, without infinities. */
  E4M3(4),
  /** 5 bits of exponent: the upper half of an IEEE 754 half. */
  E5M2(5);

  private final int exponentBits;

  Float8(int exponentBits) {
    this.exponentBits = exponentBits;
  }

  /**
   * The floats that a type holds, with scales or without.
   *
   * @param type any type
   * @return empty for types of other elements
   */
  public static Optional<Float8> of(TensorType type) {
    return switch (type) {
      case F8_E4M3, E4M3_32, E4M3_128 -> Optional.of(E4M3);
      case F8_E5M2, E5M2_32, E5M2_128 -> Optional.of(E5M2);
      default -> Optional.empty();
    };
  }

  /** Bits of the exponent, which counts from {@code 1 - 2^(bits - 1)}. */
  public int exponentBits() {
    return exponentBits;
  }

  /**
   * The type of blocks of such floats with a scale.
   *
   * @param columns elements of a block, 32 or 128
   */
  TensorType blocks(int columns) {
    return TensorType.valueOf(name() + "_" + columns);
  }

  /**
   * The value of a float.
   *
   * @param bits the float
   */
  public float value(byte bits) {
    if (this == E5M2) {
      return Float.float16ToFloat((short) (bits << 8));
    }
    int magnitude = bits & 0x7f;
    // As a half it is 2^8 times too small, exactly, for both exponents count from the same bits.
    float value =
        magnitude == 0x7f ? Float.NaN : Float.float16ToFloat((short) (magnitude << 7)) * 0x1p8f;
    return bits < 0 ? -value : value;
  }
}
