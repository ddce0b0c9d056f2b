// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.moe4j.CacheType;
import org.moe4j.device.Device;
import org.moe4j.device.scalar.ScalarDevice;
import org.moe4j.format.TensorType;
import org.moe4j.model.Linear;
import org.moe4j.model.Reach;

/**
 * Whole operations of the device: against the scalar device, and against themselves with other
 * threads and batches.
 */
class CpuDeviceTest {

  private static final int HIDDEN = 96;

  private final Random random = new Random(17);

  private ExampleLayer layer(TensorType type, Reach reach, boolean interleaved) {
    ExampleLayer.Shape shape = new ExampleLayer.Shape(HIDDEN, 6, 2, 32, 160, 5);
    return ExampleLayer.of(type, random, shape, reach, interleaved);
  }

  /** Feeds rows of one sequence, in pieces, through a layer; the outputs of all rows. */
  private static float[] run(
      Device device, ExampleLayer layer, CacheType cache, float[] x, int... pieces) {
    ExampleLayer.Loaded loaded = new ExampleLayer.Loaded(device, layer, cache, x.length / HIDDEN);
    return Pieces.run(
        x,
        HIDDEN,
        pieces,
        (done, count, piece) -> {
          loaded.step(done, count, piece);
          return Pieces.read(device, loaded.rows, 0, count, HIDDEN);
        });
  }

  private float[] rows(int count) {
    return SelfTest.randomRows(count * HIDDEN, random);
  }

  private static Device open(Kernels kernels, int threads) {
    return new CpuDevice(kernels, "cpu", threads);
  }

  @ParameterizedTest
  @EnumSource(CacheType.class)
  void floatWeightsAgreeWithTheScalarDevice(CacheType cache) {
    ExampleLayer layer = layer(TensorType.F32, new Reach.Window(50), true);
    float[] x = rows(140);
    try (Device scalar = new ScalarDevice();
        Device cpu = open(Kernels.vector(), 2)) {
      float[] expected = run(scalar, layer, cache, x, 37);
      float[] actual = run(cpu, layer, cache, x, 37);
      assertTrue(
          Differences.relative(expected, actual) < (cache == CacheType.F32 ? 2e-5 : 2e-2),
          () -> cache + ": " + Differences.relative(expected, actual));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "Q4_0", "Q8_0"})
  void pieceThreadAndKernelChangeNoBit(TensorType type) {
    ExampleLayer layer = layer(type, Reach.ALL, false);
    float[] x = rows(70);
    try (Device one = open(Kernels.vector(), 1);
        Device three = open(Kernels.vector(), 3);
        Device plain = open(Kernels.scalar(), 2)) {
      float[] whole = run(one, layer, CacheType.F16, x, 70);
      assertArrayEquals(whole, run(three, layer, CacheType.F16, x, 70));
      assertArrayEquals(whole, run(three, layer, CacheType.F16, x, 1));
      assertArrayEquals(whole, run(one, layer, CacheType.F16, x, 7, 1, 32));
      assertArrayEquals(whole, run(plain, layer, CacheType.F16, x, 5));
    }
  }

  /** Longer than a piece of positions, with sinks: as one prompt, in parts and row by row. */
  @ParameterizedTest
  @CsvSource({"F32, 0", "F16, 0", "F16, 300", "Q8_0, 0"})
  void longSequencesAgreeWithThemselvesAndTheScalarDevice(CacheType cache, int window) {
    Reach reach = window == 0 ? Reach.ALL : new Reach.Window(window);
    ExampleLayer layer =
        layer(TensorType.F32, reach, false).withSinks(Tensors.random(TensorType.F32, random, 6));
    float[] x = rows(700);
    try (Device scalar = new ScalarDevice();
        Device one = open(Kernels.vector(), 1);
        Device three = open(Kernels.vector(), 3);
        Device many = open(Kernels.vector(), 9);
        Device plain = open(Kernels.scalar(), 2)) {
      float[] whole = run(one, layer, cache, x, 700);
      float[] expected = run(scalar, layer, cache, x, 700);
      assertTrue(
          Differences.relative(expected, whole) < (cache == CacheType.F32 ? 3e-5 : 3e-2),
          () -> cache + ": " + Differences.relative(expected, whole));
      assertArrayEquals(whole, run(three, layer, cache, x, 600, 1, 1, 7));
      assertArrayEquals(whole, run(many, layer, cache, x, 300, 1, 32, 5));
      assertArrayEquals(whole, run(plain, layer, cache, x, 650, 1));
    }
  }

  @Test
  void closingTwiceIsOnce() {
    Device device = open(Kernels.vector(), 2);
    device.load(Linear.of(Tensors.random(TensorType.F32, random, 3, 5)));
    device.close();
    device.close();
    assertEquals("cpu", device.description());
  }
}
