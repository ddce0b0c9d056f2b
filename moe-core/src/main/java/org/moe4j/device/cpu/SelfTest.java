// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.moe4j.device.cpu.QuantizedTiles.Form;

/** Compares machine code with the plain loops on random weights. */
final class SelfTest {

  private SelfTest() {}

  /** Whether it gives the same bits for each form of weights. */
  static boolean passes(BandMatmul machine) {
    Random random = new Random(1);
    Kernels kernels = Kernels.scalar();
    try (Arena arena = Arena.ofConfined()) {
      for (Form form : Form.values()) {
        int inputs = Math.max(form.run, 2 * RowQuantizer.BLOCK);
        QuantizedTiles tiles = randomBand(form, inputs, random, arena);
        for (int rows : new int[] {1, Scratch.MACHINE_ROWS}) {
          float[] x = randomRows(rows * inputs, random);
          if (!Arrays.equals(
              multiply(kernels.matmul(), kernels, tiles, x),
              multiply(machine, kernels, tiles, x))) {
            return false;
          }
        }
      }
    }
    return true;
  }

  /** A band of weights with any bits, and scales and centres near one. */
  static QuantizedTiles randomBand(Form form, int inputs, Random random, Arena arena) {
    MemorySegment band = arena.allocate(QuantizedTiles.bandBytes(form, inputs), 64);
    byte[] bits = new byte[(int) band.byteSize()];
    random.nextBytes(bits);
    MemorySegment.copy(bits, 0, band, ValueLayout.JAVA_BYTE, 0, bits.length);
    band.set(ValueLayout.JAVA_FLOAT, 0, 0x1p112f);
    for (int group = 0; group < inputs / form.group; group++) {
      if (form.superBlocks) {
        halves(band, form.runOf(group), form.head, random);
      } else {
        int bytes = form.step - form.weightBytes;
        halves(band, form.place(group) + form.weightBytes, bytes, random);
      }
    }
    return new QuantizedTiles(form, Native.register(band), Tiles.BAND, inputs);
  }

  private static void halves(MemorySegment band, long at, int bytes, Random random) {
    for (int i = 0; i < bytes; i += Short.BYTES) {
      short half = Float.floatToFloat16((float) random.nextGaussian());
      band.set(ValueLayout.JAVA_SHORT, QuantizedTiles.HEADER_BYTES + at + i, half);
    }
  }

  /** Random activations. */
  static float[] randomRows(int count, Random random) {
    float[] x = new float[count];
    for (int i = 0; i < count; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return x;
  }

  /** A band times some rows, as bits. */
  static int[] multiply(BandMatmul matmul, Kernels kernels, QuantizedTiles tiles, float[] x) {
    int rows = x.length / tiles.inputs();
    QuantizedRows quantized = matmul.allocate(rows, tiles.inputs());
    int[] order = new int[rows];
    for (int row = 0; row < rows; row++) {
      quantized.quantize(kernels, x, row, 0, tiles.inputs());
      // Rows need not be in order.
      order[row] = rows - 1 - row;
    }
    float[] y = new float[rows * Tiles.BAND];
    matmul.band(kernels, tiles, 0, quantized, order, 0, rows, null, y, new Scratch());
    int[] bits = new int[y.length];
    Arrays.setAll(bits, i -> Float.floatToIntBits(y[i]));
    return bits;
  }
}
