// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static org.moe4j.device.cpu.Lanes.COUNT;
import static org.moe4j.device.cpu.Lanes.F;
import static org.moe4j.device.cpu.Lanes.ints;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** {@link CacheFloats}, two vectors of floats from each vector of ints. */
final class VectorCacheFloats implements CacheFloats {

  /** Sign, exponent and fraction of a half, moved three bits down from a float's top. */
  private static final int HALF = 0x8fffe000;

  /** What a half whose bits were moved is too small by. */
  private static final float UP = 0x1p112f;

  @Override
  public void halves(long tile, int columns, long to) {
    for (int c = 0; c < columns; c++) {
      for (int t = 0; t < 16; t += COUNT) {
        IntVector both = ints(tile + c * 64L + t * 4L);
        store(half(both.lanewise(LSHL, 16)), to + c * 128L + t * 4L);
        store(half(both), to + c * 128L + t * 4L + 64);
      }
    }
  }

  @Override
  public void keys(long block, int part, int size, long to) {
    int up = 24 - 16 * part;
    int upScale = 16 - 16 * part;
    for (int t = 0; t < 16; t += COUNT) {
      long scales = block + CacheFloats.keyScale(t);
      FloatVector low = half(ints(scales).lanewise(LSHL, upScale));
      FloatVector high = half(ints(scales + 64).lanewise(LSHL, upScale));
      for (int d = 0; d < size; d++) {
        IntVector four = ints(block + d * 64L + t * 4L);
        store(floats(four.lanewise(LSHL, up)).mul(low), to + d * 128L + t * 4L);
        store(floats(four.lanewise(LSHL, up - 8)).mul(high), to + d * 128L + t * 4L + 64);
      }
    }
  }

  @Override
  public void values(long tile, int part, int first, int end, long to) {
    int up = 24 - 16 * part;
    for (int p = first; p < end; p++) {
      FloatVector scale =
          FloatVector.broadcast(
              F, ScalarCacheFloats.half(tile + CacheFloats.valueScale(p, part * BLOCK)));
      for (int t = 0; t < 16; t += COUNT) {
        IntVector four = ints(tile + p * 64L + t * 4L);
        store(floats(four.lanewise(LSHL, up)).mul(scale), to + p * 128L + t * 4L);
        store(floats(four.lanewise(LSHL, up - 8)).mul(scale), to + p * 128L + t * 4L + 64);
      }
    }
  }

  /** The halves in the upper half of ints. */
  private static FloatVector half(IntVector upper) {
    return upper.lanewise(ASHR, 3).and(HALF).reinterpretAsFloats().mul(UP);
  }

  /** The top bytes as floats. */
  private static FloatVector floats(IntVector bytes) {
    return (FloatVector) bytes.lanewise(ASHR, 24).convertShape(I2F, F, 0);
  }

  private static void store(FloatVector floats, long to) {
    floats.intoMemorySegment(Native.segment(to), Native.offset(to), LITTLE_ENDIAN);
  }
}
