// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Numbers in the bytes of a block; little-endian, at any index. */
final class Bits {

  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private Bits() {}

  static int byteAt(byte[] in, int at) {
    return in[at] & 0xff;
  }

  static int shortAt(byte[] in, int at) {
    return (short) SHORT.get(in, at) & 0xffff;
  }

  static int intAt(byte[] in, int at) {
    return (int) INT.get(in, at);
  }

  static long longAt(byte[] in, int at) {
    return (long) LONG.get(in, at);
  }

  static void copyShort(byte[] in, int at, byte[] out, int to) {
    SHORT.set(out, to, (short) SHORT.get(in, at));
  }

  static void copyInt(byte[] in, int at, byte[] out, int to) {
    INT.set(out, to, (int) INT.get(in, at));
  }

  /** A half as a float. */
  static float half(byte[] in, int at) {
    return Float.float16ToFloat((short) SHORT.get(in, at));
  }

  /** Some bits of a byte as a number of their own. */
  static int bits(byte value, int from, int count) {
    return bits((int) value, from, count);
  }

  /** Some bits of a value as a number of their own. */
  static int bits(int value, int from, int count) {
    return (value >>> from) & ((1 << count) - 1);
  }

  // Eight bytes at a time: most of loading a model is done by these.

  /** A value in each of eight bytes. */
  static long inEachByte(int value) {
    return value * 0x0101_0101_0101_0101L;
  }

  /** Some bits of each of eight bytes, as a number in each byte. */
  static long bitsOfEach(byte[] in, int at, int from, int count) {
    return (longAt(in, at) >>> from) & inEachByte((1 << count) - 1);
  }

  /**
   * Stores eight bytes.
   *
   * @param bytes a number from 0 to 127 in each byte
   * @param less what to take off each, 0 to 127
   * @param out receives them
   * @param to index of the first
   */
  static void putEight(long bytes, int less, byte[] out, int to) {
    long top = inEachByte(0x80);
    // The top bit keeps a byte from borrowing from its neighbour.
    LONG.set(out, to, ((bytes | top) - inEachByte(less)) ^ top);
  }
}
