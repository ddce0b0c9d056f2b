// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Medians are medians, and a warm-up ends when there is nothing more to gain. */
class SamplesTest {

  @Test
  void theMedianIsInTheMiddle() {
    assertEquals(2, new Samples(List.of(9.0, 1.0, 2.0)).median());
    assertEquals(3, new Samples(List.of(9.0, 1.0, 2.0, 4.0)).median());
    assertEquals(4, new Samples(List.of(9.0, 1.0, 2.0)).spread());
  }

  @Test
  void aWarmUpEndsWhenTheCodeIsNoLongerFaster() {
    Iterator<Double> seconds = List.of(10.0, 5.0, 6.0, 5.1, 4.0, 3.9, 5.0, 4.0, 1.0).iterator();
    Samples.warmUp(seconds::next, 20);
    // Two slower runs are not the end, and 3.9 s is less than 3 % below 4 s.
    assertEquals(1.0, seconds.next());
  }

  @Test
  void aWarmUpEndsAtItsLimit() {
    Iterator<Double> seconds = List.of(10.0, 5.0, 1.0).iterator();
    Samples.warmUp(seconds::next, 2);
    assertEquals(1.0, seconds.next());
    Samples.warmUp(seconds::next, 0);
  }
}
