// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.moe4j.format.Float8;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;

/**
 * Repacks floats of 8 bits into tiles, row by row. Tiles know no weights that are not finite: where
 * there is one, the scale becomes NaN, and so do the outputs.
 *
 * @param tensor outputs x inputs
 * @param data its bytes
 * @param tiles where they go
 */
record Float8Packer(TensorData tensor, MemorySegment data, Float8Tiles tiles) {

  /** Columns of a block where the file has no scales. */
  private static final int PLAIN_BLOCK = 128;

  /** Whether a matrix can be repacked so, if only its scales are not too large. */
  static boolean fits(TensorType type, int inputs) {
    return Float8.of(type).isPresent() && inputs % 2 == 0;
  }

  /** The bytes that the tiles of a matrix take. */
  static long bytes(TensorType type, int outputs, int inputs) {
    return Float8Tiles.bytes(outputs, inputs, block(type));
  }

  private static int block(TensorType type) {
    return type.isQuantized() ? type.blockSize() : PLAIN_BLOCK;
  }

  /**
   * Repacks a matrix that {@linkplain #fits fits}.
   *
   * @param tensor outputs x inputs
   * @param data its bytes
   * @param memory where the tiles go
   * @param loops shares the work
   * @return empty if a scale is too large for a kernel, 256 or more
   */
  static Optional<Tiles> pack(
      TensorData tensor, MemorySegment data, NativeMemory memory, Loops loops) {
    Float8 format = Float8.of(tensor.type()).orElseThrow();
    int outputs = Math.toIntExact(tensor.size(0));
    int inputs = Math.toIntExact(tensor.size(1));
    if (tensor.type().isQuantized() && tooLarge(tensor.type(), format, data)) {
      return Optional.empty();
    }
    long address = memory.allocate(bytes(tensor.type(), outputs, inputs));
    Float8Tiles tiles = new Float8Tiles(format, address, outputs, inputs, block(tensor.type()));
    Float8Packer packer = new Float8Packer(tensor, data, tiles);
    loops.run(
        outputs,
        Tiles.BAND,
        (worker, from, to) -> {
          for (long row = from; row < to; row++) {
            packer.row((int) row);
          }
        });
    return Optional.of(tiles);
  }

  private static boolean tooLarge(TensorType type, Float8 format, MemorySegment data) {
    float most = Float.MAX_VALUE / Float8Dots.unit(format.exponentBits());
    for (long at = 0; at < data.byteSize(); at += type.blockBytes()) {
      float scale = Math.abs(data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at));
      if (scale > most && scale < Float.POSITIVE_INFINITY) {
        return true;
      }
    }
    return false;
  }

  private void row(int row) {
    TensorType type = tensor.type();
    float unit = Float8Dots.unit(tiles.format().exponentBits());
    int inputs = tiles.inputs();
    long rowBytes = type.bytes(inputs);
    byte[] stored = data.asSlice(row * rowBytes, rowBytes).toArray(ValueLayout.JAVA_BYTE);
    int before = type.blockBytes() - type.blockSize();
    int tileRow = row % Float8Dots.ROWS;
    for (int first = 0; first < inputs; first += tiles.block()) {
      long to = tiles.start(row, first);
      int at = Math.toIntExact(type.bytes(first)) + before;
      float scale =
          before == 0
              ? 1
              : data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, row * rowBytes + at - before);
      int columns = Math.min(tiles.block(), inputs - first);
      for (int column = 0; column < columns; column++) {
        byte bits = stored[at + column];
        if (!Float.isFinite(tiles.format().value(bits))) {
          scale = Float.NaN;
        }
        Native.putByte(to + Float8Dots.offset(tileRow, column), bits);
      }
      Native.putFloat(to + (long) tileRow * Float.BYTES, scale * unit);
    }
  }
}
