// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.moe4j.MixtureException;
import org.moe4j.device.Device;
import org.moe4j.device.scalar.ScalarDevice;
import org.moe4j.format.BlockDecoder;
import org.moe4j.format.Dequantizer;
import org.moe4j.format.Float8;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;
import org.moe4j.model.Linear;

/** Linear maps of every tensor type, repacked into tiles. */
class TilesTest {

  private static final int ODD_OUTPUTS = 131;

  private final Random random = new Random(5);

  static List<TensorType> supported() {
    return Stream.of(TensorType.values()).filter(TensorType::isSupported).toList();
  }

  private static int inputs(TensorType type) {
    return type.isQuantized() ? 3 * type.blockSize() : Float8.of(type).isPresent() ? 150 : 77;
  }

  /** Whether activations, and centres that are not a sum of the file's numbers, are rounded. */
  private static boolean rounded(TensorType type) {
    return BlockDecoder.of(type).isPresent();
  }

  /** Units and multipliers are kept: only the sum of product and centre is rounded, as a float. */
  private static boolean hasUnits(TensorType type) {
    return BlockDecoder.of(type).map(BlockDecoder::hasUnits).orElse(false);
  }

  private static float[] apply(Device device, Linear linear, float[] x) {
    int rows = x.length / linear.inputs();
    float[] result = new float[rows * linear.outputs()];
    float[] row = new float[linear.outputs()];
    try (Device.Rows in = device.allocate(rows, linear.inputs());
        Device.Rows out = device.allocate(rows, linear.outputs())) {
      device.write(x, rows, in);
      device.linear(device.load(linear), rows, in, out);
      for (int i = 0; i < rows; i++) {
        device.read(out, i, row);
        System.arraycopy(row, 0, result, i * row.length, row.length);
      }
    }
    return result;
  }

  @ParameterizedTest
  @MethodSource("supported")
  void aRowThatPicksOneColumnGivesItsWeights(TensorType type) {
    int inputs = inputs(type);
    TensorData weight = Tensors.random(type, random, ODD_OUTPUTS, inputs);
    float[] expected = new float[ODD_OUTPUTS * inputs];
    Dequantizer.row(type, weight.data(), 0, expected, 0, expected.length);
    float[] unit = new float[inputs * inputs];
    for (int i = 0; i < inputs; i++) {
      unit[i * inputs + i] = 1;
    }
    try (Device cpu = new CpuDevice(Kernels.vector(), "cpu", 2)) {
      float[] columns = apply(cpu, Linear.of(weight), unit);
      float most = 0;
      for (float value : expected) {
        most = Math.max(most, Math.abs(value));
      }
      float tolerance = most * (hasUnits(type) ? 0x1p-22f : rounded(type) ? 0x1p-10f : 0);
      for (int output = 0; output < ODD_OUTPUTS; output++) {
        for (int i = 0; i < inputs; i++) {
          assertEquals(
              expected[output * inputs + i],
              columns[i * ODD_OUTPUTS + output],
              tolerance,
              "output " + output + ", input " + i);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("supported")
  void oneRowAndManyRowsGiveTheSameBitsNearTheScalarDevice(TensorType type) {
    int inputs = inputs(type);
    Linear linear =
        new Linear(
            Tensors.random(type, random, ODD_OUTPUTS, inputs),
            Tensors.random(TensorType.F32, random, ODD_OUTPUTS));
    int rows = 7;
    float[] x = new float[rows * inputs];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    try (Device scalar = new ScalarDevice();
        Device cpu = new CpuDevice(Kernels.vector(), "cpu", 2)) {
      float[] expected = apply(scalar, linear, x);
      float[] together = apply(cpu, linear, x);
      float most = 0;
      for (float value : expected) {
        most = Math.max(most, Math.abs(value));
      }
      assertArrayEquals(expected, together, rounded(type) ? 0.05f : 1e-5f * Math.max(1, most));
      float[] alone = new float[inputs];
      float[] part = new float[ODD_OUTPUTS];
      for (int row = 0; row < rows; row++) {
        System.arraycopy(x, row * inputs, alone, 0, inputs);
        System.arraycopy(together, row * ODD_OUTPUTS, part, 0, ODD_OUTPUTS);
        assertArrayEquals(part, apply(cpu, linear, alone), "row " + row);
      }
    }
  }

  /** 32 products of the largest weight and activation are just below what 16 bits hold. */
  @Test
  void theLargestSumsDoNotOverflow() {
    byte[] blocks = new byte[2 * 18];
    for (int i = 0; i < 36; i++) {
      blocks[i] = (byte) (i < 18 ? 0x00 : 0xff);
    }
    for (int at : new int[] {0, 18}) {
      blocks[at] = 0;
      blocks[at + 1] = 0x3c;
    }
    TensorData weight =
        TensorData.of("test", "extremes", TensorType.Q4_0, MemorySegment.ofArray(blocks), 2, 32);
    float[] x = new float[32];
    Arrays.fill(x, -127);
    try (Device cpu = new CpuDevice(Kernels.vector(), "cpu", 1)) {
      assertArrayEquals(
          new float[] {32 * 127 * 8, 32 * 127 * -7}, apply(cpu, Linear.of(weight), x));
    }
  }

  /** In 8-bit floats kept as they are, with scales beside them, a weight takes little more. */
  @ParameterizedTest
  @EnumSource(names = {"F8_E4M3", "F8_E5M2", "E4M3_128", "E5M2_128"})
  void floatsOf8BitsTakeAByte(TensorType type) {
    TensorData weight = Tensors.random(type, random, 256, 1024);
    assertEquals(256 * 1024 * 132 / 128, Packer.bytes(weight));
    try (CpuDevice cpu = new CpuDevice(Kernels.vector(), "cpu", 1)) {
      cpu.load(Linear.of(weight));
      assertEquals((double) Packer.bytes(weight), (double) cpu.weightBytes(), 4096);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F8_E4M3", "E4M3_32", "E5M2_128"})
  void floatsOf8BitsThatAreNotFiniteReachTheResult(TensorType type) {
    byte[] bytes = new byte[3 * (int) type.bytes(128)];
    bytes[bytes.length / 3 + 40] = 0x7f;
    TensorData weight = TensorData.of("test", "w", type, MemorySegment.ofArray(bytes), 3, 128);
    try (Device cpu = new CpuDevice(Kernels.vector(), "cpu", 1)) {
      assertArrayEquals(
          new float[] {0, Float.NaN, 0}, apply(cpu, Linear.of(weight), new float[128]));
    }
  }

  @Test
  void scalesThatKernelsCannotHoldGiveTheSameProducts() {
    TensorData weight = Tensors.random(TensorType.E4M3_32, random, 3, 64);
    byte[] bytes = weight.data().toArray(ValueLayout.JAVA_BYTE);
    MemorySegment large = MemorySegment.ofArray(bytes);
    for (float scale : new float[] {255, 256, 3e30f}) {
      large.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 72, scale);
      Linear linear = Linear.of(TensorData.of("test", "w", weight.type(), large, 3, 64));
      float[] x = new float[64];
      x[7] = 0.5f;
      try (Device scalar = new ScalarDevice();
          Device cpu = new CpuDevice(Kernels.vector(), "cpu", 1)) {
        assertArrayEquals(apply(scalar, linear, x), apply(cpu, linear, x), "scale " + scale);
      }
    }
  }

  @Test
  void infiniteActivationsReachTheResult() {
    Linear linear = Linear.of(Tensors.random(TensorType.Q4_0, random, 3, 64));
    float[] x = new float[64];
    x[40] = Float.POSITIVE_INFINITY;
    try (Device cpu = new CpuDevice(Kernels.vector(), "cpu", 1)) {
      for (float value : apply(cpu, linear, x)) {
        assertEquals(Float.NaN, value);
      }
    }
  }

  @Test
  void typesWithoutKernelsAreRefusedByName() {
    TensorData weight =
        TensorData.of(
            "file.gguf",
            "blk.0.ffn_up",
            TensorType.Q8_K,
            MemorySegment.ofArray(new byte[292]),
            1,
            256);
    try (Device cpu = new CpuDevice(Kernels.scalar(), "cpu", 1)) {
      MixtureException refused =
          assertThrows(MixtureException.Unsupported.class, () -> cpu.load(Linear.of(weight)));
      assertEquals(
          "file.gguf: blk.0.ffn_up: tensor type Q8_K is not supported; supported: "
              + TensorType.supportedNames(),
          refused.getMessage());
    }
  }
}
