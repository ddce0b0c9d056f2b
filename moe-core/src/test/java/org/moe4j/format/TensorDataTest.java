// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorDataTest {

  /** 3 experts of 2 rows of 4 elements, numbered from 0. */
  private static TensorData experts() {
    float[] values = new float[24];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    return TensorData.of("f", "exps", TensorType.F32, MemorySegment.ofArray(values), 3, 2, 4);
  }

  @Test
  void slicesOneExpertWithoutCopying() {
    TensorData experts = experts();
    TensorData second = experts.slice(1);
    assertArrayEquals(new long[] {2, 4}, second.shape());
    assertEquals("exps[1]", second.name());
    assertEquals(8, second.elements());
    assertEquals(32, second.bytes());
    assertArrayEquals(new float[] {8, 9, 10, 11, 12, 13, 14, 15}, FormatFiles.floats(second));
    assertEquals(experts.data().address() + 32, second.data().address());
  }

  @Test
  void cutsRangesOfRowsWithoutCopying() {
    TensorData half = experts().slice(2).rows(1, 2);
    assertArrayEquals(new long[] {1, 4}, half.shape());
    assertArrayEquals(new float[] {20, 21, 22, 23}, FormatFiles.floats(half));
    assertEquals(0, experts().rows(3, 3).bytes());
  }

  @Test
  void cutsQuantisedTensorsAtBlocks() {
    TensorData quantised =
        TensorData.of("f", "q", TensorType.Q4_0, MemorySegment.ofArray(new byte[4 * 36]), 4, 64);
    assertEquals(36, quantised.slice(3).bytes());
    assertEquals(72, quantised.rows(1, 3).bytes());
    assertEquals(18, quantised.slice(0).rows(32, 64).bytes());
    assertThrows(IllegalArgumentException.class, () -> quantised.slice(0).rows(0, 16));
    assertThrows(IllegalArgumentException.class, () -> quantised.slice(0).slice(0));
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16", "F8_E4M3", "Q8_0", "E4M3_32"})
  void columnsBecomeRows(TensorType type) {
    int rows = 131;
    int columns = 160;
    byte[] bytes = new byte[(int) type.bytes((long) rows * columns)];
    for (int i = 0; i < bytes.length; i++) {
      // Small numbers of every type, that are halves after they are multiplied.
      bytes[i] = (byte) (i * 37 % 61);
    }
    TensorData matrix = TensorData.of("f", "m", type, MemorySegment.ofArray(bytes), rows, columns);
    for (int at = 0; type.isQuantized() && at < bytes.length; at += type.blockBytes()) {
      int half = Float.floatToFloat16(0.5f);
      bytes[at] = (byte) (type == TensorType.Q8_0 ? half : 0);
      bytes[at + 1] = (byte) (type == TensorType.Q8_0 ? half >> 8 : 0);
      bytes[at + 2] = (byte) (type == TensorType.Q8_0 ? 5 : 0);
      bytes[at + 3] = (byte) (type == TensorType.Q8_0 ? 5 : 0x3f);
    }
    float[] all = values(matrix);
    TensorData exchanged = matrix.transposed();
    assertArrayEquals(new long[] {columns, rows}, exchanged.shape());
    float[] found = values(exchanged);
    float[] odd = values(matrix.transposed(3, 2, 70).rows(2, 69));
    float[] row = values(exchanged.slice(159));
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        assertEquals(all[r * columns + c], found[c * rows + r], r + ", " + c);
      }
      for (int i = 2; i < 69; i++) {
        assertEquals(all[r * columns + 3 + 2 * i], odd[(i - 2) * rows + r], r + ", " + i);
      }
      assertEquals(all[r * columns + 159], row[r]);
    }
    assertThrows(IndexOutOfBoundsException.class, () -> matrix.transposed(1, 2, 81));
    assertThrows(IndexOutOfBoundsException.class, () -> matrix.transposed(-1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> matrix.slice(0).transposed());
  }

  private static float[] values(TensorData tensor) {
    float[] values = new float[(int) tensor.elements()];
    Dequantizer.row(tensor.type(), tensor.data(), 0, values, 0, values.length);
    return values;
  }

  @Test
  void refusesPartsThatAreNotThere() {
    assertThrows(IndexOutOfBoundsException.class, () -> experts().slice(3));
    assertThrows(IndexOutOfBoundsException.class, () -> experts().slice(-1));
    assertThrows(IndexOutOfBoundsException.class, () -> experts().rows(2, 4));
    assertThrows(IndexOutOfBoundsException.class, () -> experts().rows(2, 1));
    TensorData one = experts().slice(0).slice(0).slice(0);
    assertEquals(0, one.rank());
    assertThrows(IllegalArgumentException.class, () -> one.slice(0));
    assertThrows(IllegalArgumentException.class, () -> one.rows(0, 0));
  }

  @Test
  void refusesBytesThatDoNotFitTheShape() {
    MemorySegment bytes = MemorySegment.ofArray(new byte[16]);
    assertThrows(
        IllegalArgumentException.class, () -> TensorData.of("f", "t", TensorType.F32, bytes, 5));
    assertThrows(
        IllegalArgumentException.class,
        () -> TensorData.of("f", "t", TensorType.F32, bytes, -2, -2));
    assertThrows(
        ArithmeticException.class,
        () -> TensorData.of("f", "t", TensorType.F32, bytes, 1L << 32, 1L << 32));
  }

  @Test
  void cannotBeChangedFromOutside() {
    TensorData experts = experts();
    experts.shape()[0] = 99;
    assertEquals(3, experts.size(0));
    assertTrue(experts.data().isReadOnly());
    assertThrows(
        IllegalArgumentException.class,
        () -> experts.data().set(ValueLayout.JAVA_BYTE, 0, (byte) 1));
  }
}
