// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.I2B;
import static org.moe4j.device.cpu.Lanes.COUNT;
import static org.moe4j.device.cpu.Lanes.I;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Activation rows in 8 bits as machine code reads them: one record of {@link #BYTES} for each block
 * of 32 columns. The numbers are those of {@link RowQuantizer}.
 *
 * <pre>
 *  0  32 quantised values
 * 32  the scale
 * 36  minus the sum of the first 16 quantised values, minus that of the others
 * 44  minus the sum of all
 * 48  the sum of the first 16 values, that of the others
 * 56  the sum of all
 * </pre>
 */
final class RecordRows implements QuantizedRows {

  /** Bytes of a record: a line of the cache. */
  static final int BYTES = 64;

  static final int SCALE = 32;
  static final int NEGATIVE_HALF = 36;
  static final int NEGATIVE = 44;
  static final int FLOAT_SUM_HALF = 48;
  static final int FLOAT_SUM = 56;

  /** The bytes that a vector of ints becomes; vectors of 128 bits have no machine code. */
  private static final VectorSpecies<Byte> B =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, Lanes.BITS / 4)));

  private final int width;
  private final MemorySegment records;

  RecordRows(int capacity, int width) {
    this.width = RowQuantizer.wholeBlocks(width);
    long bytes = (long) capacity * (width / RowQuantizer.BLOCK) * BYTES;
    // The garbage collector frees them with this object.
    records = Arena.ofAuto().allocate(bytes, BYTES);
  }

  /** Address of the first record of a row. */
  long address(int row) {
    return records.address() + (long) row * (width / RowQuantizer.BLOCK) * BYTES;
  }

  @Override
  public void quantize(Kernels kernels, float[] x, int row, int from, int to) {
    long record = address(row) + (long) from / RowQuantizer.BLOCK * BYTES;
    for (int i = row * width + from; i < row * width + to; i += RowQuantizer.BLOCK) {
      block(x, i, record);
      record += BYTES;
    }
  }

  private static void block(float[] x, int at, long record) {
    float magnitude = VectorRowQuantizer.magnitude(x, at);
    float inverse = RowQuantizer.inverse(magnitude);
    Native.putFloat(record + SCALE, RowQuantizer.scale(magnitude));
    int first = half(x, at, inverse, record);
    int second = half(x, at + RowQuantizer.HALF, inverse, record + RowQuantizer.HALF);
    Native.putInt(record + NEGATIVE_HALF, -first);
    Native.putInt(record + NEGATIVE_HALF + 4, -second);
    Native.putInt(record + NEGATIVE, -(first + second));
    float firstSum = RowQuantizer.sum(x, at);
    float secondSum = RowQuantizer.sum(x, at + RowQuantizer.HALF);
    Native.putFloat(record + FLOAT_SUM_HALF, firstSum);
    Native.putFloat(record + FLOAT_SUM_HALF + 4, secondSum);
    Native.putFloat(record + FLOAT_SUM, firstSum + secondSum);
  }

  /** Quantises 16 values and gives their sum. */
  private static int half(float[] x, int at, float inverse, long to) {
    IntVector sum = IntVector.zero(I);
    for (int i = 0; i < RowQuantizer.HALF; i += COUNT) {
      IntVector value = VectorRowQuantizer.values(x, at + i, inverse);
      ((ByteVector) value.convertShape(I2B, B, 0))
          .intoMemorySegment(Native.segment(to + i), Native.offset(to + i), LITTLE_ENDIAN);
      sum = sum.add(value);
    }
    return sum.reduceLanes(ADD);
  }
}
