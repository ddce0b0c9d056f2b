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

  // A page is 64 bytes; recurrent state of 100 bytes counts as two pages.
  private static final CacheLayout RECURRENT =
      new CacheLayout(4, CacheType.F32, List.of(new LayerState(1, 2, 2), LayerState.recurrent(25)));

  private final PagePool recurrent = new PagePool(device, RECURRENT, 10 * RECURRENT.pageBytes());

  @Test
  void recurrentStateIsCountedInBytesAndPages() {
    assertEquals(0, recurrent.pagesFor(0));
    assertEquals(3, recurrent.pagesFor(4));
    assertEquals(8 * 4, recurrent.mostPositions());
    SequenceState state = new SequenceState(recurrent);
    assertEquals(0, state.bytes());
    state.append(5);
    assertEquals(2 * 64 + 100, state.bytes());
    assertEquals(4 * 64, recurrent.bytesInUse());
    state.close();
    state.close();
    assertEquals(0, recurrent.bytesInUse());
  }

  @Test
  void recurrentStateCountsAgainstTheBound() {
    SequenceState first = new SequenceState(recurrent);
    first.append(32);
    SequenceState second = new SequenceState(recurrent);
    assertThrows(IllegalStateException.class, () -> second.append(1));
    assertThrows(IllegalStateException.class, first::fork);
    first.close();
    assertEquals(0, recurrent.bytesInUse());
    assertEquals(0, second.append(1));
  }

  @Test
  void whatWasTakenBeforeThePoolWasEmptyIsGivenBack() {
    PagePool small = new PagePool(device, RECURRENT, 2 * RECURRENT.pageBytes());
    SequenceState state = new SequenceState(small);
    assertThrows(IllegalStateException.class, () -> state.append(1));
    state.close();
    assertEquals(0, small.bytesInUse());
  }

  @Test
  void aForkHasRecurrentStateOfItsOwn() {
    SequenceState first = new SequenceState(recurrent);
    first.append(4);
    SequenceState second = first.fork();
    assertNotSame(first.recurrent(), second.recurrent());
    assertSame(first.page(0), second.page(0));
    assertEquals(5 * 64, recurrent.bytesInUse());
    first.close();
    assertEquals(3 * 64, recurrent.bytesInUse());
    second.close();
    assertEquals(0, recurrent.bytesInUse());
  }

  @Test
  void recurrentStateGoesBackToTheBeginningOnly() {
    SequenceState state = new SequenceState(recurrent);
    state.append(6);
    Device.Recurrent before = state.recurrent();
    state.truncate(6);
    assertSame(before, state.recurrent());
    assertThrows(IllegalArgumentException.class, () -> state.truncate(5));
    assertEquals(6, state.length());
    state.truncate(0);
    assertThrows(IllegalStateException.class, state::recurrent);
    state.append(1);
    assertNotSame(before, state.recurrent());
  }
}
