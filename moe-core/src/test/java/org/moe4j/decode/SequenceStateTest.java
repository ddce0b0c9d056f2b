// SPDX-License-Identifier: Apache-2.0
package org.moe4j.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.moe4j.CacheType;
import org.moe4j.device.CacheLayout;
import org.moe4j.device.Device;
import org.moe4j.device.scalar.ScalarDeviceProvider;
import org.moe4j.model.LayerState;

class SequenceStateTest {

  private static final CacheLayout LAYOUT =
      new CacheLayout(4, CacheType.F32, List.of(new LayerState(1, 2, 2)));

  private final Device device = new ScalarDeviceProvider().open(1);
  private final PagePool pool = new PagePool(device, LAYOUT, 5 * LAYOUT.pageBytes());

  @Test
  void takesAPageForEveryFewPositionsAndGivesThemBack() {
    SequenceState state = new SequenceState(pool);
    assertEquals(0, state.append(3));
    assertEquals(3, state.append(2));
    assertEquals(2 * LAYOUT.pageBytes(), state.bytes());
    state.truncate(4);
    assertEquals(LAYOUT.pageBytes(), pool.bytesInUse());
    state.close();
    state.close();
    assertEquals(0, pool.bytesInUse());
  }

  @Test
  void aForkSharesFullPagesAndCopiesTheTailItWritesTo() {
    SequenceState first = new SequenceState(pool);
    first.append(6);
    SequenceState second = first.fork();
    assertEquals(2 * LAYOUT.pageBytes(), pool.bytesInUse());
    Device.Page tail = first.page(1);
    second.append(1);
    assertSame(first.page(0), second.page(0));
    assertSame(tail, first.page(1));
    assertNotSame(tail, second.page(1));
    first.close();
    assertEquals(2 * LAYOUT.pageBytes(), pool.bytesInUse());
    second.close();
    assertEquals(0, pool.bytesInUse());
  }

  @Test
  void truncatingIntoASharedPageMakesItPrivateBeforeItIsWritten() {
    SequenceState first = new SequenceState(pool);
    first.append(8);
    SequenceState second = first.fork();
    second.truncate(2);
    second.append(1);
    assertNotSame(first.page(0), second.page(0));
  }

  @Test
  void thePoolHoldsToItsBound() {
    SequenceState state = new SequenceState(pool);
    state.append(20);
    assertThrows(IllegalStateException.class, () -> state.append(1));
    assertEquals(5, pool.pagesTotal());
    assertEquals(20, pool.mostPositions());
  }
}
