// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Chosen columns of a matrix as rows. They are copied in squares, which stay in the first-level
 * cache; only the rows that are asked for are made.
 *
 * @param matrix the matrix
 * @param type how the rows are given: as the matrix is stored, or as floats if that is in blocks
 * @param first the column that becomes the first row
 * @param step distance of the columns that become neighbouring rows
 */
record Transposed(TensorData matrix, TensorType type, long first, long step)
    implements TensorData.Bytes {

  /** Rows and columns of a square. */
  private static final int SQUARE = 64;

  /** Eight-bit floats become floats, other blocks halves, for the memory that they take. */
  static TensorType type(TensorType stored) {
    return stored.blockSize() == 1
        ? stored
        : Float8.of(stored).isPresent() ? TensorType.F32 : TensorType.F16;
  }

  @Override
  public MemorySegment range(long offset, long length) {
    MemorySegment out = Arena.ofAuto().allocate(Math.max(1, length), Long.BYTES);
    long rowBytes = type.bytes(matrix.size(0));
    if (length > 0) {
      Copy copy = new Copy(out, offset / rowBytes, Math.ceilDiv(offset + length, rowBytes));
      for (long row = 0; row < matrix.size(0); row += SQUARE) {
        copy.rows(row, (int) Math.min(SQUARE, matrix.size(0) - row));
      }
    }
    return out.asSlice(0, length);
  }

  /** Columns {@code from} to {@code to} of the chosen ones on their way. */
  private final class Copy {
    private final MemorySegment data = matrix.data();
    private final int bytes = Math.toIntExact(type.bytes(1));
    private final byte[] in = new byte[Math.toIntExact(SQUARE * step * bytes)];
    private final byte[] square = new byte[SQUARE * SQUARE * bytes];
    private final MemorySegment out;
    private final long from;
    private final long to;

    Copy(MemorySegment out, long from, long to) {
      this.out = out;
      this.from = from;
      this.to = to;
    }

    void rows(long row, int rows) {
      MemorySegment stored = type == matrix.type() ? data : values(row, rows);
      long columns = matrix.size(1);
      long start = type == matrix.type() ? row * columns : 0;
      for (long c = from; c < to; c += SQUARE) {
        int count = (int) Math.min(SQUARE, to - c);
        int read = Math.toIntExact(((count - 1) * step + 1) * bytes);
        for (int r = 0; r < rows; r++) {
          long at = (start + r * columns + first + c * step) * bytes;
          MemorySegment.copy(stored, ValueLayout.JAVA_BYTE, at, in, 0, read);
          spread(count, r);
        }
        for (int i = 0; i < count; i++) {
          long at = ((c - from + i) * matrix.size(0) + row) * bytes;
          MemorySegment.copy(
              square, i * SQUARE * bytes, out, ValueLayout.JAVA_BYTE, at, rows * bytes);
        }
      }
    }

    /** A part of a row becomes a part of a column of the square. */
    private void spread(int count, int column) {
      int each = Math.toIntExact(step * bytes);
      switch (bytes) {
        case Short.BYTES -> {
          for (int i = 0; i < count; i++) {
            Bits.copyShort(in, i * each, square, (i * SQUARE + column) * Short.BYTES);
          }
        }
        case Float.BYTES -> {
          for (int i = 0; i < count; i++) {
            Bits.copyInt(in, i * each, square, (i * SQUARE + column) * Float.BYTES);
          }
        }
        default -> {
          for (int i = 0; i < count; i++) {
            System.arraycopy(in, i * each, square, (i * SQUARE + column) * bytes, bytes);
          }
        }
      }
    }

    /** Rows that are stored in blocks, as floats or halves. */
    private MemorySegment values(long row, int rows) {
      int columns = Math.toIntExact(matrix.size(1));
      float[] values = new float[rows * columns];
      long at = matrix.type().bytes(row * columns);
      Dequantizer.row(matrix.type(), data, at, values, 0, values.length);
      if (type == TensorType.F32) {
        MemorySegment floats = MemorySegment.ofArray(new byte[values.length * Float.BYTES]);
        MemorySegment.copy(values, 0, floats, GgufValue.FLOAT, 0, values.length);
        return floats;
      }
      MemorySegment halves = MemorySegment.ofArray(new byte[values.length * Short.BYTES]);
      for (int i = 0; i < values.length; i++) {
        halves.set(GgufValue.SHORT, 2L * i, Float.floatToFloat16(values[i]));
      }
      return halves;
    }
  }
}
