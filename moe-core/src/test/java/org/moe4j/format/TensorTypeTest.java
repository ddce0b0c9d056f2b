// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class TensorTypeTest {

  @Test
  void countsTheBytesOfWholeBlocks() {
    assertEquals(4 * 10, TensorType.F32.bytes(10));
    assertEquals(18 * 3, TensorType.Q4_0.bytes(96));
    assertEquals(210L << 32, TensorType.Q6_K.bytes(1L << 40));
    assertEquals(0, TensorType.Q4_K.bytes(0));
    assertEquals(3, TensorType.F6_E2M3.bytes(4));
  }

  @Test
  void refusesPartsOfBlocksAndOverflow() {
    assertThrows(IllegalArgumentException.class, () -> TensorType.Q4_0.bytes(33));
    assertThrows(IllegalArgumentException.class, () -> TensorType.F32.bytes(-1));
    assertThrows(ArithmeticException.class, () -> TensorType.F32.bytes(1L << 61));
  }

  @Test
  void knowsTheIdsOfGguf() {
    assertEquals(Optional.of(TensorType.F32), TensorType.ofGgufId(0));
    assertEquals(Optional.of(TensorType.Q8_0), TensorType.ofGgufId(8));
    assertEquals(Optional.of(TensorType.BF16), TensorType.ofGgufId(30));
    assertEquals(Optional.of(TensorType.MXFP4), TensorType.ofGgufId(39));
    assertEquals(Optional.empty(), TensorType.ofGgufId(4));
    assertEquals(Optional.empty(), TensorType.ofGgufId(-1));
  }

  @Test
  void knowsTheNamesOfSafetensors() {
    assertEquals(Optional.of(TensorType.BF16), TensorType.ofSafetensors("BF16"));
    assertEquals(Optional.of(TensorType.F8_E4M3), TensorType.ofSafetensors("F8_E4M3"));
    assertEquals(Optional.empty(), TensorType.ofSafetensors("Q4_0"));
    assertEquals(Optional.empty(), TensorType.ofSafetensors("bf16"));
  }

  @Test
  void tellsQuantisedTypesFromPlainAndPackedOnes() {
    assertTrue(TensorType.Q8_0.isQuantized());
    assertTrue(TensorType.MXFP4.isQuantized());
    assertFalse(TensorType.BF16.isQuantized());
    assertFalse(TensorType.F4.isQuantized());
  }
}
