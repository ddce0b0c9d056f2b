// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.moe4j.MixtureException;

class DequantizerTest {

  static Set<TensorType> supported() {
    EnumSet<TensorType> types = EnumSet.noneOf(TensorType.class);
    for (int id = 0; id < 64; id++) {
      TensorType.ofGgufId(id).filter(TensorType::isSupported).ifPresent(types::add);
    }
    return types;
  }

  /** Blocks and the values they stand for. */
  private record Fixture(MemorySegment blocks, MemorySegment values) {

    static Fixture of(TensorType type) throws IOException {
      MemorySegment file =
          MemorySegment.ofArray(
              Files.readAllBytes(FormatFiles.fixture("dequantised/" + type + ".bin")));
      long blocks = file.byteSize() / (type.blockBytes() + 4L * type.blockSize());
      assertNotEquals(0, blocks);
      return new Fixture(
          file.asSlice(0, blocks * type.blockBytes()),
          file.asSlice(blocks * type.blockBytes(), 4 * blocks * type.blockSize()));
    }

    int[] bits() {
      return values.toArray(GgufValue.INT);
    }
  }

  private static int[] bits(float[] values, int from, int count) {
    int[] bits = new int[count];
    for (int i = 0; i < count; i++) {
      bits[i] = Float.floatToRawIntBits(values[from + i]);
    }
    return bits;
  }

  @Test
  void everyTypeOfTheReferenceIsSupported() {
    assertEquals(26, supported().size());
  }

  @ParameterizedTest
  @MethodSource("supported")
  void givesTheBitsOfTheReference(TensorType type) throws IOException {
    Fixture fixture = Fixture.of(type);
    float[] out = new float[fixture.bits().length];
    Dequantizer.row(type, fixture.blocks, 0, out, 0, out.length);
    assertArrayEquals(fixture.bits(), bits(out, 0, out.length));
  }

  @ParameterizedTest
  @MethodSource("supported")
  void startsAtAnyBlockAndAddress(TensorType type) throws IOException {
    Fixture fixture = Fixture.of(type);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment odd = arena.allocate(fixture.blocks.byteSize() + 1, 8).asSlice(1);
      odd.copyFrom(fixture.blocks);
      int size = type.blockSize();
      float[] out = new float[7 + 2 * size + 1];
      Dequantizer.row(type, odd, 3L * type.blockBytes(), out, 7, 2 * size);
      int[] expected = new int[2 * size];
      System.arraycopy(fixture.bits(), 3 * size, expected, 0, expected.length);
      assertArrayEquals(expected, bits(out, 7, expected.length));
      assertArrayEquals(new float[7], Arrays.copyOf(out, 7));
      assertEquals(0, out[out.length - 1]);
    }
  }

  @ParameterizedTest
  @MethodSource("supported")
  void writesNothingBeyondItsBounds(TensorType type) {
    int size = type.blockSize();
    MemorySegment two = MemorySegment.ofArray(new byte[2 * type.blockBytes()]);
    float[] out = new float[3 * size];
    assertThrows(
        IndexOutOfBoundsException.class, () -> Dequantizer.row(type, two, 0, out, 0, 3 * size));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> Dequantizer.row(type, two, 0, out, 2 * size, 2 * size));
    assertThrows(
        IndexOutOfBoundsException.class, () -> Dequantizer.row(type, two, -1, out, 0, size));
    assertThrows(
        IllegalArgumentException.class, () -> Dequantizer.row(type, two, 0, out, 0, -size));
  }

  @Test
  void refusesPartsOfBlocks() {
    MemorySegment blocks = MemorySegment.ofArray(new byte[100]);
    assertThrows(
        IllegalArgumentException.class,
        () -> Dequantizer.row(TensorType.Q4_0, blocks, 0, new float[64], 0, 33));
  }

  @ParameterizedTest
  @EnumSource(TensorType.class)
  void refusesTypesItDoesNotKnowByName(TensorType type) {
    if (!type.isSupported()) {
      MemorySegment block = MemorySegment.ofArray(new byte[type.blockBytes()]);
      FormatFiles.refused(
          MixtureException.Unsupported.class,
          () -> Dequantizer.row(type, block, 0, new float[256], 0, type.blockSize()),
          "tensor type " + type + " is not supported");
    }
  }
}
