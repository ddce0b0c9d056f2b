// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.moe4j.MixtureException;
import org.moe4j.device.cpu.QuantizedTiles.Form;
import org.moe4j.format.BlockDecoder;
import org.moe4j.format.Dequantizer;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;

/** Repacks weight matrices into the tiles that kernels read. */
final class Packer {

  private final TensorData tensor;
  private final MemorySegment data;
  private final int outputs;
  private final int inputs;
  private final long rowBytes;

  private Packer(TensorData tensor) {
    this.tensor = tensor;
    data = tensor.data();
    outputs = Math.toIntExact(tensor.size(0));
    inputs = Math.toIntExact(tensor.size(1));
    rowBytes = tensor.type().bytes(inputs);
  }

  /** The bytes that the tiles of a matrix take. */
  static long bytes(TensorData tensor) {
    int outputs = Math.toIntExact(tensor.size(0));
    int inputs = Math.toIntExact(tensor.elements() / tensor.size(0));
    TensorType type = tensor.type();
    if (Float8Packer.fits(type, inputs)) {
      return Float8Packer.bytes(type, outputs, inputs);
    }
    return switch (type) {
      case F32, F16, BF16, F8_E4M3, F8_E5M2 -> FloatTiles.bytes(floatType(type), outputs, inputs);
      default -> QuantizedTiles.bytes(Form.of(decoder(tensor)), outputs, inputs);
    };
  }

  /**
   * Repacks a matrix.
   *
   * @param tensor outputs x inputs
   * @param memory where the tiles go
   * @param loops shares the work
   */
  static Tiles pack(TensorData tensor, NativeMemory memory, Loops loops) {
    Packer packer = new Packer(tensor);
    Tiles tiles = packer.tiles(memory, loops);
    // The source is not needed any more, so its pages need not stay in memory; what is shared with
    // others comes back.
    if (packer.data.isMapped()) {
      packer.data.unload();
    }
    return tiles;
  }

  private Tiles tiles(NativeMemory memory, Loops loops) {
    return switch (tensor.type()) {
      case F32, F16, BF16 -> floats(memory, loops);
      case F8_E4M3, F8_E5M2, E4M3_32, E4M3_128, E5M2_32, E5M2_128 ->
          (Float8Packer.fits(tensor.type(), inputs)
                  ? Float8Packer.pack(tensor, data, memory, loops)
                  : Optional.<Tiles>empty())
              .orElseGet(() -> floats(memory, loops));
      default -> QuantizedPacker.pack(tensor, data, decoder(tensor), memory, loops);
    };
  }

  private static BlockDecoder decoder(TensorData tensor) {
    return BlockDecoder.of(tensor.type())
        .orElseThrow(() ->
            new MixtureException.Unsupported(
                tensor.file() + ": " + tensor.name(),
                "tensor type " + tensor.type(),
                TensorType.supportedNames()));
  }

  private static FloatTiles.Type floatType(TensorType type) {
    return switch (type) {
      case F16 -> FloatTiles.Type.F16;
      case BF16 -> FloatTiles.Type.BF16;
      default -> FloatTiles.Type.F32;
    };
  }

  private Tiles floats(NativeMemory memory, Loops loops) {
    FloatTiles.Type type = floatType(tensor.type());
    FloatTiles tiles =
        new FloatTiles(
            type, memory.allocate(FloatTiles.bytes(type, outputs, inputs)), outputs, inputs);
    loops.run(
        outputs,
        Tiles.BAND,
        (worker, from, to) -> {
          for (long row = from; row < to; row++) {
            floats(tiles, (int) row);
          }
        });
    return tiles;
  }

  private void floats(FloatTiles tiles, int row) {
    long tile = tiles.address() + row / FloatDots.ROWS * FloatTiles.tileBytes(tiles.type(), inputs);
    float[] values = new float[tiles.type() == FloatTiles.Type.F32 ? inputs : 0];
    if (values.length > 0) {
      Dequantizer.row(tensor.type(), data, row * rowBytes, values, 0, inputs);
    }
    for (int column = 0; column < inputs; column++) {
      long to = tile + tiles.type().offset(row % FloatDots.ROWS, column);
      if (values.length > 0) {
        Native.putFloat(to, values[column]);
      } else {
        long from = row * rowBytes + (long) column * Short.BYTES;
        Native.putShort(to, data.get(ValueLayout.JAVA_SHORT_UNALIGNED, from));
      }
    }
  }
}
