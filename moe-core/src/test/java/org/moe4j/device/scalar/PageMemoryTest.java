// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.moe4j.CacheType;
import org.moe4j.device.CacheLayout;
import org.moe4j.model.LayerState;

class PageMemoryTest {

  private static final List<LayerState> LAYERS =
      List.of(new LayerState(3, 40, 24), new LayerState(1, 33, 70));

  private static PageMemory page(CacheType type) {
    return new PageMemory(new CacheLayout(4, type, LAYERS), page -> {});
  }

  private static float[] row(int layer, int head, int position, int width, boolean key) {
    float[] row = new float[width];
    for (int i = 0; i < width; i++) {
      row[i] =
          (float) StrictMath.sin(1000 * layer + 100 * head + 10 * position + i + (key ? 0.5 : 0));
    }
    return row;
  }

  /** Every row of a page keeps its own values, whatever is written next to it. */
  private static void assertRowsAreApart(CacheType type, double tolerance) {
    try (PageMemory page = page(type)) {
      for (int pass = 0; pass < 2; pass++) {
        for (int layer = 0; layer < LAYERS.size(); layer++) {
          LayerState state = LAYERS.get(layer);
          for (int head = 0; head < state.heads(); head++) {
            for (int position = 0; position < 4; position++) {
              float[] key = row(layer, head, position, state.keySize(), true);
              float[] value = row(layer, head, position, state.valueSize(), false);
              long keyAt = page.keyOffset(layer, head, position);
              long valueAt = page.valueOffset(layer, head, position);
              if (pass == 0) {
                page.write(keyAt, key, 0, key.length);
                page.write(valueAt, value, 0, value.length);
              } else {
                assertStored(page, keyAt, key, tolerance);
                assertStored(page, valueAt, value, tolerance);
              }
            }
          }
        }
      }
    }
  }

  private static void assertStored(PageMemory page, long at, float[] values, double tolerance) {
    float[] stored = new float[values.length];
    page.read(at, stored, stored.length);
    for (int i = 0; i < values.length; i++) {
      assertEquals(values[i], stored[i], tolerance);
    }
  }

  @Test
  void rowsOfAnyWidthStayApart() {
    assertRowsAreApart(CacheType.F32, 0);
    assertRowsAreApart(CacheType.F16, 1.0 / 2048);
    // Half a step of 1/127, and the scale's own rounding.
    assertRowsAreApart(CacheType.Q8_0, 0.5 / 127 + 1.0 / 2048);
  }

  @Test
  void q8RoundsToTheNearestStepOfItsBlock() {
    try (PageMemory page = page(CacheType.Q8_0)) {
      float[] values = new float[40];
      values[0] = 127;
      values[1] = 1.4f;
      values[2] = -1.6f;
      values[32] = 254;
      values[33] = 3.1f;
      page.write(0, values, 0, 40);
      float[] stored = new float[40];
      page.read(0, stored, 40);
      assertEquals(127, stored[0]);
      assertEquals(1, stored[1]);
      assertEquals(-2, stored[2]);
      assertEquals(254, stored[32]);
      assertEquals(4, stored[33]);
    }
  }

  @Test
  void notANumberStaysNotANumber() {
    for (CacheType type : CacheType.values()) {
      try (PageMemory page = page(type)) {
        page.write(0, new float[] {1, Float.NaN}, 0, 2);
        float[] stored = new float[2];
        page.read(0, stored, 2);
        assertTrue(Float.isNaN(stored[1]), type::toString);
      }
    }
  }

  @Test
  void closingFreesThePageOnce() {
    List<PageMemory> closed = new ArrayList<>();
    PageMemory page = new PageMemory(new CacheLayout(4, CacheType.F32, LAYERS), closed::add);
    page.close();
    page.close();
    assertEquals(List.of(page), closed);
    assertThrows(IllegalStateException.class, () -> page.read(0, new float[1], 1));
  }
}
