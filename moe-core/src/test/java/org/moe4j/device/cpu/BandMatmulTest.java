// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.moe4j.Forked;
import org.moe4j.device.cpu.QuantizedTiles.Form;

/** Machine code, vector kernels and plain loops give the same bits for every form of weights. */
class BandMatmulTest {

  private static final int[] ROWS = {1, 2, 3, 4, 5, 6, 7, 13};

  private static void compare(Form form, BandMatmul matmul, Kernels kernels) {
    Random random = new Random(form.bits);
    try (Arena arena = Arena.ofConfined()) {
      // One block; less than a piece of columns; several pieces and a rest. Or so many runs.
      int[] sizes = form.superBlocks ? new int[] {256, 512, 256 * 5} : new int[] {32, 224, 32 * 19};
      for (int inputs : sizes) {
        QuantizedTiles tiles = SelfTest.randomBand(form, inputs, random, arena);
        try {
          for (int rows : ROWS) {
            float[] x = SelfTest.randomRows(rows * inputs, random);
            assertArrayEquals(
                SelfTest.multiply(Kernels.scalar().matmul(), Kernels.scalar(), tiles, x),
                SelfTest.multiply(matmul, kernels, tiles, x),
                form + ", " + inputs + " inputs, " + rows + " rows");
          }
        } finally {
          Native.forget(tiles.address());
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theVectorKernelsGiveTheBitsOfThePlainLoops(Form form) {
    compare(form, Kernels.vector().matmul(), Kernels.vector());
  }

  @ParameterizedTest
  @EnumSource
  void theBestKernelsGiveTheBitsOfThePlainLoops(Form form) {
    compare(form, Kernels.best().matmul(), Kernels.best());
  }

  /**
   * Every kind of code that this processor has, and the absence of it, in processes of their own.
   */
  @ParameterizedTest
  @CsvSource({
    "-Dmoe4j.vector.bits=512, moe4j.any=x, AVX512-VNNI",
    "-Dmoe4j.vector.bits=256, moe4j.any=x, AVX2",
    "-Dmoe4j.vector.bits=128, moe4j.any=x, none",
    "-Dmoe4j.vector.bits=256, moe4j.machine-code=off, none",
    "-Dmoe4j.vector.bits=256, moe4j.bounds=checked, none",
  })
  void theWidthAndAPropertyChooseTheCode(String width, String property, String expected)
      throws Exception {
    String said =
        Forked.run(
            List.of("--add-modules", "jdk.incubator.vector", width, "-D" + property),
            AllForms.class);
    String found = said.lines().toList().getLast();
    assertEquals(possible(expected), found, said);
  }

  /** A processor without the instructions falls back. */
  private static String possible(String code) throws Exception {
    if (!System.getProperty("os.name").equals("Linux")
        || !System.getProperty("os.arch").equals("amd64")) {
      return "none";
    }
    String processor = Files.readString(Path.of("/proc/cpuinfo"));
    if (code.equals("AVX512-VNNI") && processor.contains(" avx512_vnni")) {
      return code;
    }
    return code.equals("none") || !processor.contains(" avx2 ") ? "none" : "AVX2";
  }

  /** The process of its own. */
  static final class AllForms {

    private AllForms() {}

    public static void main(String[] arguments) {
      for (Form form : Form.values()) {
        compare(form, Kernels.best().matmul(), Kernels.best());
      }
      System.out.println(MachineMatmul.find().map(MachineMatmul::name).orElse("none"));
    }
  }

  /** Gives a wrong last bit for one form. */
  private record Wrong(Form form, BandMatmul right) implements BandMatmul {

    @Override
    public QuantizedRows allocate(int capacity, int width) {
      return right.allocate(capacity, width);
    }

    @Override
    public void band(
        Kernels kernels,
        QuantizedTiles tiles,
        int band,
        QuantizedRows in,
        int[] rows,
        int from,
        int to,
        float @Nullable [] bias,
        float[] out,
        Scratch scratch) {
      right.band(kernels, tiles, band, in, rows, from, to, bias, out, scratch);
      if (tiles.form() == form) {
        out[to * Tiles.BAND - 1] = Math.nextUp(out[to * Tiles.BAND - 1]);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theTestAtTheStartFindsAWrongBit(Form form) {
    assertFalse(SelfTest.passes(new Wrong(form, new PortableMatmul())));
    assertTrue(SelfTest.passes(new PortableMatmul()));
  }
}
